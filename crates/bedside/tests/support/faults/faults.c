// Makes one call on the files of a folder fail: loaded before the C library (LD_PRELOAD), so that the program under test is the real one.
//
// BEDSIDE_FAULT_UNDER  the folder; calls on other files pass and are not counted
// BEDSIDE_FAULT_AT     number of the call that fails, from 1; 0 counts and fails nothing
// BEDSIDE_FAULT_MODE   once, always (that call and all after it), torn (once; a write has written half before it fails)
// BEDSIDE_FAULT_ERRNO  5 for a broken disk, 28 for a full one
// BEDSIDE_FAULT_LOG    file, outside the folder, that gets one line a call: number, name, path, "failed" or "passed"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char under[PATH_MAX];
static size_t under_length;
static long at;
static int always, torn, error_number;
static int log_file = -1;
static long number;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("BEDSIDE_FAULT_UNDER"), *call = getenv("BEDSIDE_FAULT_AT"), *mode = getenv("BEDSIDE_FAULT_MODE");
    const char *code = getenv("BEDSIDE_FAULT_ERRNO"), *log = getenv("BEDSIDE_FAULT_LOG");
    if (folder) snprintf(under, sizeof under, "%s", folder);
    under_length = strlen(under);
    at = call ? atol(call) : 0;
    always = mode && !strcmp(mode, "always");
    torn = mode && !strcmp(mode, "torn");
    error_number = code ? atoi(code) : EIO;
    if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
    return under_length && !strncmp(path, under, under_length) && (path[under_length] == '/' || path[under_length] == 0);
}

// Counts a call on a path; true when it is to fail.
static int fails(const char *name, const char *path) {
    if (!is_ours(path)) return 0;
    pthread_mutex_lock(&order);
    number++;
    int fail = at > 0 && (always ? number >= at : number == at);
    if (log_file >= 0) {
        char line[2 * PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%ld %s %s %s\n", number, name, path, fail ? "failed" : "passed");
        syscall(SYS_write, log_file, line, (size_t)length);
    }
    pthread_mutex_unlock(&order);
    return fail;
}

static int fails_at_path(const char *name, const char *path) {
    char folder[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) return fails(name, path);
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    return fails(name, whole);
}

static int fails_at_file(const char *name, int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(name, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE do { errno = error_number; return -1; } while (0)

static mode_t mode_of(int flags, va_list list) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list list; va_start(list, flags); mode_t mode = mode_of(flags, list); va_end(list); \
        if (fails_at_path("open", path)) REFUSE; \
        return NEXT(name)(path, flags, mode); \
    }
#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        va_list list; va_start(list, flags); mode_t mode = mode_of(flags, list); va_end(list); \
        if ((folder == AT_FDCWD || path[0] == '/') && fails_at_path("open", path)) REFUSE; \
        return NEXT(name)(folder, path, flags, mode); \
    }
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64)

ssize_t write(int file, const void *bytes, size_t length) {
    if (fails_at_file("write", file)) {
        if (torn) NEXT(write)(file, bytes, length / 2);
        REFUSE;
    }
    return NEXT(write)(file, bytes, length);
}
#define PWRITE(name, offset_type) \
    ssize_t name(int file, const void *bytes, size_t length, offset_type offset) { \
        if (fails_at_file("write", file)) { \
            if (torn) NEXT(name)(file, bytes, length / 2, offset); \
            REFUSE; \
        } \
        return NEXT(name)(file, bytes, length, offset); \
    }
PWRITE(pwrite, off_t) PWRITE(pwrite64, off64_t)
ssize_t writev(int file, const struct iovec *parts, int count) {
    if (fails_at_file("write", file)) REFUSE;
    return NEXT(writev)(file, parts, count);
}

#define ON_FILE(name) int name(int file) { if (fails_at_file("sync", file)) REFUSE; return NEXT(name)(file); }
ON_FILE(fsync) ON_FILE(fdatasync)
#define TRUNCATE(name, offset_type) \
    int name(int file, offset_type length) { if (fails_at_file("truncate", file)) REFUSE; return NEXT(name)(file, length); }
TRUNCATE(ftruncate, off_t) TRUNCATE(ftruncate64, off64_t)
// Gives the error back instead of setting errno.
#define ALLOCATE(name, offset_type) \
    int name(int file, offset_type from, offset_type length) { \
        if (fails_at_file("allocate", file)) return error_number; \
        return NEXT(name)(file, from, length); \
    }
ALLOCATE(posix_fallocate, off_t) ALLOCATE(posix_fallocate64, off64_t)

int rename(const char *from, const char *to) { if (fails_at_path("rename", to)) REFUSE; return NEXT(rename)(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    if (fails_at_path("rename", to)) REFUSE;
    return NEXT(renameat)(a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    if (fails_at_path("rename", to)) REFUSE;
    return NEXT(renameat2)(a, from, b, to, flags);
}
int link(const char *from, const char *to) { if (fails_at_path("link", to)) REFUSE; return NEXT(link)(from, to); }
int unlink(const char *path) { if (fails_at_path("unlink", path)) REFUSE; return NEXT(unlink)(path); }
int mkdir(const char *path, mode_t mode) { if (fails_at_path("mkdir", path)) REFUSE; return NEXT(mkdir)(path, mode); }
