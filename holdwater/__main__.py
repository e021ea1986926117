"""`python -m holdwater`."""

from holdwater.cli import main

if __name__ == "__main__":
    main()
