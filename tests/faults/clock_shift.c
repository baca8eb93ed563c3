/* Shifts the wall clock of one process, and nothing else, by a number of seconds that can change
 * while it runs. Loaded by LD_PRELOAD; the number is the text in the file that the environment
 * variable FAULTS_CLOCK_FILE names, looked at again after 10 ms. Waits and the other clocks keep
 * to the true time. A timer of that clock only tells when it was set (timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET): it is readable after the number has changed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define LOOK_EVERY (SECOND / 100)

static _Atomic long long shift, looked;

static int true_clock(clockid_t clock, struct timespec *at) {
    return (int)syscall(SYS_clock_gettime, clock, at);
}

static void look(void) {
    char text[40];
    const char *path = getenv("FAULTS_CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size > 0) {
        text[size] = 0;
        shift = (long long)(strtod(text, NULL) * SECOND);
    }
}

static long long shift_now(void) {
    struct timespec at;
    true_clock(CLOCK_MONOTONIC, &at);
    long long now = at.tv_sec * SECOND + at.tv_nsec;
    long long last = looked;
    if (now - last > LOOK_EVERY && atomic_compare_exchange_strong(&looked, &last, now)) look();
    return shift;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = true_clock(clock, at);
    if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return failed;
    long long shifted = at->tv_sec * SECOND + at->tv_nsec + shift_now();
    at->tv_sec = shifted / SECOND;
    at->tv_nsec = shifted % SECOND;
    return 0;
}

int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

static void *follow(void *told) {
    long long known = shift_now();
    struct timespec pause = {0, 2 * LOOK_EVERY};
    for (;;) {
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
        long long now = shift_now();
        if (now != known) eventfd_write((int)(intptr_t)told, 1);
        known = now;
    }
    return NULL;
}

int timerfd_create(int clock, int flags) {
    pthread_t thread;
    if (clock != CLOCK_REALTIME) return (int)syscall(SYS_timerfd_create, clock, flags);
    int told = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (told >= 0 && pthread_create(&thread, NULL, follow, (void *)(intptr_t)told) != 0) return -1;
    return told;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *at, struct itimerspec *before) {
    if (flags & TFD_TIMER_CANCEL_ON_SET) return 0;
    return (int)syscall(SYS_timerfd_settime, timer, flags, at, before);
}
