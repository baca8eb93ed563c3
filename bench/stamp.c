/* The probe: appends one line, its due instant in ms and the time of its start in ns, and ends.
 *
 * usage: stamp FILE
 * The due instant is $FLEETCRON_PLAN_TIME, 0 without it. One write, so lines never mix. It needs no
 * C library, whose start costs more than a spawn on some hosts. Built with -nostdlib -static, for
 * x86-64 and aarch64.
 */
#if defined(__x86_64__)
enum { WRITE = 1, EXIT = 60, CLOCK_GETTIME = 228, OPENAT = 257 };
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");

static long request(long number, long a, long b, long c, long d)
{
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return number;
}
#elif defined(__aarch64__)
enum { WRITE = 64, EXIT = 93, CLOCK_GETTIME = 113, OPENAT = 56 };
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");

static long request(long number, long a, long b, long c, long d)
{
    register long wanted __asm__("x8") = number;
    register long first __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    __asm__ volatile("svc #0"
                     : "+r"(first)
                     : "r"(wanted), "r"(second), "r"(third), "r"(fourth)
                     : "memory");
    return first;
}
#else
#error "unknown machine"
#endif

enum { REALTIME = 0, HERE = -100, WRITE_ONLY = 01, CREATE = 0100, APPEND = 02000 };

static char line[64];
static int length;

static void add(const char *text)
{
    while (*text && length < 32)
        line[length++] = *text++;
}

static void add_number(long number, int digits)
{
    for (long place = digits; place > 0; place--, number /= 10)
        line[length + place - 1] = (char)('0' + number % 10);
    length += digits;
}

static const char *planned(char **environment)
{
    static const char name[] = "FLEETCRON_PLAN_TIME=";
    for (; *environment; environment++) {
        int at = 0;
        while (name[at] && (*environment)[at] == name[at])
            at++;
        if (!name[at])
            return *environment + at;
    }
    return "0";
}

void begin(long *stack)
{
    long now[2], count = stack[0];
    char **arguments = (char **)(stack + 1);
    request(CLOCK_GETTIME, REALTIME, (long)now, 0, 0);
    if (count != 2)
        request(EXIT, 2, 0, 0, 0);
    add(planned(arguments + count + 1));
    line[length++] = ' ';
    add_number(now[0], 10);
    add_number(now[1], 9);
    line[length++] = '\n';
    long file = request(OPENAT, HERE, (long)arguments[1], WRITE_ONLY | CREATE | APPEND, 0600);
    request(EXIT, request(WRITE, file, (long)line, length, 0) != length, 0, 0, 0);
}
