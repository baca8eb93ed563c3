/* The probe: appends one line, its due instant in ms and the time of its start in ns, and ends.
 *
 * usage: stamp FILE
 * The due instant is $FLEETCRON_PLAN_TIME, 0 without it. One write, so lines never mix.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    struct timespec now;
    char line[64];
    clock_gettime(CLOCK_REALTIME, &now);
    if (count != 2)
        return 2;
    const char *plan = getenv("FLEETCRON_PLAN_TIME");
    int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
    int length = snprintf(line, sizeof line, "%s %lld%09ld\n", plan ? plan : "0",
                          (long long)now.tv_sec, now.tv_nsec);
    return write(file, line, length) == length ? 0 : 1;
}
