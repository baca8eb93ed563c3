/* The bound of a burst: waits for an instant, then spawns as fast as a C program can.
 *
 * usage: burst_bound EPOCH_SECONDS N CONCURRENCY PROGRAM [ARGUMENT...]
 * PROGRAM finds the instant in $FLEETCRON_PLAN_TIME, as a run of ours does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **arguments)
{
    if (count < 5)
        return 2;
    struct timespec at = {atol(arguments[1]), 0};
    long wanted = atol(arguments[2]), width = atol(arguments[3]), begun = 0, running = 0;
    char plan[32];
    snprintf(plan, sizeof plan, "%ld000", (long)at.tv_sec);
    setenv("FLEETCRON_PLAN_TIME", plan, 1);
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, 0))
        ;
    while (begun < wanted || running > 0) {
        if (begun < wanted && running < width) {
            pid_t child = vfork();
            if (child == 0) {
                setsid();
                execve(arguments[4], arguments + 4, environ);
                _exit(127);
            }
            if (child < 0)
                return 1;
            begun++;
            running++;
        } else if (waitpid(-1, NULL, 0) > 0) {
            running--;
        }
    }
    return 0;
}
