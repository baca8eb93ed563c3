/* The bound that spawn rates are measured against: vfork, exec, wait, and nothing else.
 *
 * usage: spawn_bound N CONCURRENCY PROGRAM [ARGUMENT...]
 * Runs PROGRAM N times, CONCURRENCY at a time, and prints the seconds that took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    if (count < 4)
        return 2;
    long wanted = atol(arguments[1]), width = atol(arguments[2]);
    long begun = 0, running = 0;
    double start = seconds();
    while (begun < wanted || running > 0) {
        if (begun < wanted && running < width) {
            pid_t child = vfork();
            if (child == 0) {
                setsid();
                execve(arguments[3], arguments + 3, environ);
                _exit(127);
            }
            if (child < 0)
                return 1;
            begun++;
            running++;
        } else {
            int status;
            if (waitpid(-1, &status, 0) < 0 || status != 0)
                return 1;
            running--;
        }
    }
    printf("%.6f\n", seconds() - start);
    return 0;
}
