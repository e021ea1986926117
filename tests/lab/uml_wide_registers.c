// SPDX-License-Identifier: Apache-2.0
// Preloaded into linux.uml 6.1 on hosts whose processor state is wider than the 2696 bytes it knows (Intel AMX).
// There, PTRACE_SETREGSET of NT_X86_XSTATE wants the whole state and gives EFAULT for less, so UML cannot start
// its first process ("ptrace set fp regs failed, errno = 14"). This completes a short set with the task's own state.
//   gcc -shared -fPIC -O1 -o wide_registers.so uml_wide_registers.c
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define GET_REGISTER_SET 0x4204L
#define SET_REGISTER_SET 0x4205L
#define EXTENDED_STATE 0x202L

static char whole[1 << 16];  // static, since UML calls this on its small kernel stacks, from one thread only

long ptrace(int request, ...) {
  va_list list;
  va_start(list, request);
  long pid = va_arg(list, long), address = va_arg(list, long), data = va_arg(list, long), peeked = 0;
  va_end(list);
  if (request == SET_REGISTER_SET && address == EXTENDED_STATE) {
    struct iovec *given = (struct iovec *)data, all = {whole, sizeof whole};
    if (syscall(SYS_ptrace, GET_REGISTER_SET, pid, address, &all) == 0 && all.iov_len > given->iov_len) {
      memcpy(whole, given->iov_base, given->iov_len);
      return syscall(SYS_ptrace, SET_REGISTER_SET, pid, address, &all);
    }
  }
  if (request >= 1 && request <= 3) {  // PTRACE_PEEK*: the kernel stores the word where data points
    if (syscall(SYS_ptrace, (long)request, pid, address, &peeked) < 0) return -1;
    errno = 0;
    return peeked;
  }
  return syscall(SYS_ptrace, (long)request, pid, address, data);
}
