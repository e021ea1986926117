// SPDX-License-Identifier: Apache-2.0
// Preloaded into the REAL smartctl: drives named NAME.ata, NAME.nvme or NAME.scsi in the directory
// $HOLDWATER_SHIM appear as /dev/NAME, answer its ioctls, and are all that a scan finds. No real drive is reachable.
//   gcc -shared -fPIC -O1 -o shim.so shim.c -ldl
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <linux/ioctl.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { OTHER, ATA, NVME, SCSI };
static const char *const SUFFIX[] = {"", ".ata", ".nvme", ".scsi"};

static enum kind kind_of_name(const char *name) {
  const char *dot = strrchr(name, '.');
  for (int k = ATA; dot && k <= SCSI; k++)
    if (!strcmp(dot, SUFFIX[k])) return k;
  return OTHER;
}

static enum kind kind_of(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return OTHER;
  path[length] = 0;
  return kind_of_name(path);
}

// ---- names: open and glob ----

static int is_drive_path(const char *path) {
  return !strncmp(path, "/dev/sd", 7) || !strncmp(path, "/dev/hd", 7) || !strncmp(path, "/dev/nvme", 9) ||
         !strncmp(path, "/dev/bus/", 9) || !strncmp(path, "/dev/megaraid", 13);
}

static int open_drive(const char *path, int flags) {
  static int (*real)(const char *, int, ...);
  if (!real) real = dlsym(RTLD_NEXT, "open");
  const char *directory = getenv("HOLDWATER_SHIM");
  char name[64], file[4096];
  snprintf(name, sizeof name, "%s", path + 5);
  char *space = strncmp(name, "nvme", 4) ? NULL : strchr(name + 4, 'n');
  if (space) *space = 0;  // nvme0n1 is a name space of nvme0
  for (int k = ATA; directory && k <= SCSI; k++) {
    snprintf(file, sizeof file, "%s/%s%s", directory, name, SUFFIX[k]);
    int fd = real(file, flags & ~(O_EXCL | O_NONBLOCK));
    if (fd >= 0 || errno != ENOENT) return fd;
  }
  errno = ENOENT;
  return -1;
}

int open(const char *path, int flags, ...) {
  static int (*real)(const char *, int, ...);
  if (!real) real = dlsym(RTLD_NEXT, "open");
  va_list list;
  va_start(list, flags);
  int mode = va_arg(list, int);
  va_end(list);
  return is_drive_path(path) ? open_drive(path, flags) : real(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  int mode = va_arg(list, int);
  va_end(list);
  return open(path, flags, mode);
}

int __open_2(const char *path, int flags) { return open(path, flags, 0); }
int __open64_2(const char *path, int flags) { return open(path, flags, 0); }

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found) {
  static int (*real)(const char *, int, int (*)(const char *, int), glob_t *);
  if (!real) real = dlsym(RTLD_NEXT, "glob");
  if (!is_drive_path(pattern)) return real(pattern, flags, failed, found);
  const char *directory = getenv("HOLDWATER_SHIM");
  DIR *stream = directory ? opendir(directory) : NULL;
  memset(found, 0, sizeof *found);
  found->gl_pathv = calloc(65, sizeof(char *));
  for (struct dirent *entry; stream && found->gl_pathc < 64 && (entry = readdir(stream));) {
    char path[300];
    if (!kind_of_name(entry->d_name)) continue;
    snprintf(path, sizeof path, "/dev/%.*s", (int)(strrchr(entry->d_name, '.') - entry->d_name), entry->d_name);
    if (!fnmatch(pattern, path, 0)) found->gl_pathv[found->gl_pathc++] = strdup(path);
  }
  if (stream) closedir(stream);
  qsort(found->gl_pathv, found->gl_pathc, sizeof(char *), by_name);
  return found->gl_pathc ? 0 : GLOB_NOMATCH;
}

// ---- answers ----

static void slot(int fd, long sector, void *buffer, size_t length) {
  ssize_t got = pread(fd, buffer, length, sector * 512);
  if (got < 0) got = 0;
  memset((char *)buffer + got, 0, length - got);
}

static int sense(sg_io_hdr_t *h, const uint8_t *data, unsigned length) {
  if (h->sbp && h->mx_sb_len >= length) {
    memcpy(h->sbp, data, length);
    h->sb_len_wr = length;
  }
  h->status = 2;
  h->masked_status = 1;
  h->driver_status = 8;
  h->info = SG_INFO_CHECK;
  return 0;
}

static int illegal(sg_io_hdr_t *h, uint8_t reason) {
  uint8_t data[18] = {0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, reason};
  return sense(h, data, sizeof data);
}

static int ata(int fd, sg_io_hdr_t *h) {
  uint8_t *c = h->cmdp, *out = h->dxferp, status = 0x50, error = 0, middle, high, flags[512];
  unsigned length = h->dxfer_len;
  int command, feature, low, want_registers, count;
  if (c[0] == 0x12) {
    uint8_t inquiry[96] = {0, 0, 5, 2, 91};
    memcpy(inquiry + 8, "ATA     FABRICATED DRIVE0001", 28);
    if (c[1] & 1) return illegal(h, 0x24);
    memcpy(out, inquiry, length < 96 ? length : 96);
    return 0;
  }
  if (c[0] == 0x00) return 0;
  want_registers = c[2] & 0x20;
  if (c[0] == 0x85) {
    feature = c[4]; count = c[6] | c[5] << 8; low = c[8]; middle = c[10]; high = c[12]; command = c[14];
  } else if (c[0] == 0xa1) {
    feature = c[3]; count = c[4]; low = c[5]; middle = c[6]; high = c[7]; command = c[9];
  } else {
    return illegal(h, 0x20);
  }
  slot(fd, 3, flags, sizeof flags);
  if (command == 0xec) slot(fd, 0, out, length);                                    // identify
  else if (command == 0xe5) count = flags[1];                                       // power mode
  else if (command == 0xb0 && feature == 0xd0) slot(fd, 1, out, length);            // attribute values
  else if (command == 0xb0 && feature == 0xd1) slot(fd, 2, out, length);            // thresholds
  else if (command == 0xb0 && feature == 0xd5) slot(fd, 16 + low, out, length);     // SMART logs
  else if (command == 0xb0 && feature == 0xda) {                                    // overall health
    middle = flags[0] ? 0xf4 : 0x4f;
    high = flags[0] ? 0x2c : 0xc2;
  } else if (command == 0xb0) ;
  else if (command == 0x2f || command == 0x47) slot(fd, 512 + low * 16 + middle, out, length);  // 16 pages a log
  else { status = 0x51; error = 4; }
  if (want_registers || status & 1) {
    uint8_t data[22] = {0x72, status & 1 ? 0x0b : 1, 0, 0x1d, 0, 0, 0, 14, 9, 12, 0,
                        error, 0, count, 0, low, 0, middle, 0, high, 0, status};
    return sense(h, data, sizeof data);
  }
  return 0;
}

// A .scsi file holds records: command, two selectors, a zero, the length (32 bits, little endian), then the data.
static int scsi(int fd, sg_io_hdr_t *h) {
  uint8_t *c = h->cmdp, one = 0, two = 0, head[8];
  int known = 0;
  if (c[0] == 0x00) return 0;
  if (c[0] == 0x12) { one = c[1] & 1; two = c[2]; }
  if (c[0] == 0x1a || c[0] == 0x4d || c[0] == 0x5a) { one = c[2] & 0x3f; two = c[3]; }
  for (off_t at = 0; pread(fd, head, 8, at) == 8;) {
    uint32_t length;
    memcpy(&length, head + 4, 4);
    known |= head[0] == c[0];
    if (head[0] == c[0] && head[1] == one && head[2] == two) {
      memset(h->dxferp, 0, h->dxfer_len);
      return pread(fd, h->dxferp, length < h->dxfer_len ? length : h->dxfer_len, at + 8) < 0 ? -1 : 0;
    }
    at += 8 + length;
  }
  return illegal(h, known ? 0x24 : 0x20);
}

static int nvme(int fd, struct nvme_passthru_cmd *n) {
  void *out = (void *)(uintptr_t)n->addr;
  n->result = 0;
  if (n->opcode == 0x06) slot(fd, (n->cdw10 & 0xff) == 1 ? 0 : 8, out, n->data_len);  // identify
  else if (n->opcode == 0x02) slot(fd, 16 + 8 * (n->cdw10 & 0xff), out, n->data_len);  // log page
  else return 0x2001;
  return 0;
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*real)(int, unsigned long, ...);
  if (!real) real = dlsym(RTLD_NEXT, "ioctl");
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  enum kind kind = kind_of(fd);
  if ((kind == ATA || kind == SCSI) && request == SG_IO) {
    sg_io_hdr_t *h = argument;
    if (h->interface_id != 'S') { errno = EINVAL; return -1; }
    h->status = h->masked_status = h->host_status = h->driver_status = h->sb_len_wr = h->resid = h->info = 0;
    return kind == ATA ? ata(fd, h) : scsi(fd, h);
  }
  if (kind == NVME && request == NVME_IOCTL_ID) return 1;
  if (kind == NVME && request == NVME_IOCTL_ADMIN_CMD) return nvme(fd, argument);
  if (kind) { errno = ENOTTY; return -1; }
  return real(fd, request, argument);
}
