# SPDX-License-Identifier: Apache-2.0
"""Test beds: real kernels, arrays, file systems and drive answers for holdwater to look at."""
