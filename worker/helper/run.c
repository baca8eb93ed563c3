/* The helper: puts its process into the surroundings of a run, step by step, and becomes the run.
 *
 * usage: run WORD... -- PROGRAM [ARGUMENT...]
 * A word is a letter and a value; they are carried out in the order in which they are given:
 *   rFD           report to this descriptor, which the program does not get
 *   cPATH         join a cgroup by the path of its cgroup.procs
 *   CFD           join a cgroup by an open descriptor of it
 *   oN            set oom_score_adj
 *   lR:SOFT:HARD  limit resource number R; -1 is no limit
 *   nN            set the nice value
 *   iN            set the I/O class and priority, as ioprio_set(2) takes them
 *   GN,N...       set the supplementary groups; without a number: none
 *   gN            set the group, uN the user: real, effective and saved; uN gives it
 *                 a session keyring of its own besides
 *   dPATH         change to this directory, hPATH to this one or, if that cannot be, to /
 * A program without a slash is looked for in the PATH of the environment, which is passed on.
 *
 * A step that fails is reported as "ERRNO WORD", the program as "ERRNO xPATH", or "ERRNO bPATH"
 * when it is there but its interpreter is not; what is too long ends in "...". The exit status is
 * then 127, and 126 for words that make no sense. There is no libc: it would cost more than all the rest, and read the
 * run's environment while still root.
 */

enum { NOT_STARTED = 127, NONSENSE = 126 };
enum { EPERM = 1, ENOENT = 2, E2BIG = 7, EACCES = 13, ENOTDIR = 20, ENAMETOOLONG = 36, ENOSYS = 38 };
enum { AT_FDCWD = -100, O_WRONLY = 1, O_CLOEXEC = 02000000, F_SETFD = 2, FD_CLOEXEC = 1 };
enum { KEYCTL_JOIN_SESSION_KEYRING = 1 };
enum { PATH_MAX = 4096, REPORT_MAX = 512, GROUPS_MAX = 65536 };

#if defined(__x86_64__)
enum {
    SYS_write = 1, SYS_close = 3, SYS_execve = 59, SYS_fcntl = 72, SYS_chdir = 80,
    SYS_setgroups = 116, SYS_setresuid = 117, SYS_setresgid = 119, SYS_setpriority = 141,
    SYS_exit_group = 231, SYS_keyctl = 250, SYS_ioprio_set = 251, SYS_openat = 257,
    SYS_faccessat = 269, SYS_prlimit64 = 302
};

static long sys(long number, long a, long b, long c, long d)
{
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall enter\n");
#elif defined(__aarch64__)
enum {
    SYS_fcntl = 25, SYS_ioprio_set = 30, SYS_faccessat = 48, SYS_chdir = 49, SYS_openat = 56,
    SYS_close = 57, SYS_write = 64, SYS_exit_group = 94, SYS_setpriority = 140,
    SYS_setresuid = 147, SYS_setresgid = 149, SYS_setgroups = 159,
    SYS_keyctl = 219, SYS_execve = 221, SYS_prlimit64 = 261
};

static long sys(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}

__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl enter\n");
#else
#error "no system calls are known for this machine"
#endif

typedef unsigned long long Limit;

static int report_to = -1;

static void leave(int status) __attribute__((noreturn));
static void leave(int status)
{
    for (;;)
        sys(SYS_exit_group, status, 0, 0, 0);
}

static long length(const char *text)
{
    long size = 0;
    while (text[size])
        size++;
    return size;
}

/* Say which step failed and why, and be gone. */
static void fail(long error, char step, const char *value) __attribute__((noreturn));
static void fail(long error, char step, const char *value)
{
    char text[REPORT_MAX];
    long size = 0;
    for (long unit = 1000; unit; unit /= 10)
        if (error >= unit)
            text[size++] = (char)('0' + error / unit % 10);
    text[size++] = ' ';
    text[size++] = step;
    while (*value && size < REPORT_MAX)
        text[size++] = *value++;
    if (*value) {
        size -= 3;
        while ((text[size] & 0xc0) == 0x80) /* the middle of a character */
            size--;
        for (int dots = 0; dots < 3; dots++)
            text[size++] = '.';
    }
    if (report_to >= 0)
        sys(SYS_write, report_to, (long)text, size, 0);
    leave(NOT_STARTED);
}

/* The number at *text, which is moved behind it; anything else ends the process. */
static long number(const char **text)
{
    const char *at = *text;
    int negative = *at == '-';
    long value = 0;
    at += negative;
    if (*at < '0' || *at > '9')
        leave(NONSENSE);
    while (*at >= '0' && *at <= '9')
        value = value * 10 + (*at++ - '0');
    *text = at;
    return negative ? -value : value;
}

/* The one number that a word has. */
static long only(const char *text)
{
    long value = number(&text);
    if (*text)
        leave(NONSENSE);
    return value;
}

/* The number of a user or group. The greatest, -1, would leave the process what it is: root. */
static long identity(const char *text)
{
    long value = only(text);
    if (value < 0 || value >= 0xffffffffL)
        leave(NONSENSE);
    return value;
}

/* Write a text into a descriptor and close it; 0 or minus the error. */
static long put(long descriptor, const char *text)
{
    if (descriptor < 0)
        return descriptor;
    long written = sys(SYS_write, descriptor, (long)text, length(text), 0);
    sys(SYS_close, descriptor, 0, 0, 0);
    return written < 0 ? written : 0;
}

static long put_into(const char *path, const char *text)
{
    return put(sys(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CLOEXEC, 0), text);
}

static long limit(const char *text)
{
    Limit pair[2];
    long resource = number(&text);
    for (int each = 0; each < 2; each++) {
        if (*text++ != ':')
            leave(NONSENSE);
        pair[each] = (Limit)number(&text);
    }
    if (*text)
        leave(NONSENSE);
    return sys(SYS_prlimit64, 0, resource, (long)pair, 0);
}

static long set_groups(const char *text)
{
    static unsigned groups[GROUPS_MAX];
    long count = 0;
    while (*text) {
        if (count == GROUPS_MAX)
            leave(NONSENSE);
        groups[count++] = (unsigned)number(&text);
        if (*text == ',')
            text++;
        else if (*text)
            leave(NONSENSE);
    }
    return sys(SYS_setgroups, count, (long)groups, 0, 0);
}

static long keep_report(const char *text)
{
    report_to = (int)only(text);
    return sys(SYS_fcntl, report_to, F_SETFD, FD_CLOEXEC, 0);
}

static long go_home(const char *path)
{
    return sys(SYS_chdir, (long)path, 0, 0, 0) < 0 ? sys(SYS_chdir, (long)"/", 0, 0, 0) : 0;
}

/* Whoever has our session's keyring can read what is in it: the run gets one of its own. */
static long become_user(long id)
{
    long result = sys(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0);
    if (result < 0 && result != -ENOSYS && result != -EPERM)
        return result;
    return sys(SYS_setresuid, id, id, id, 0);
}

/* Carry out one word; 0 or more, or minus the error. */
static long carry_out(char step, const char *value)
{
    long id;
    switch (step) {
    case 'r': return keep_report(value);
    case 'c': return put_into(value, "0");
    case 'C': return put(only(value), "0");
    case 'o': return put_into("/proc/self/oom_score_adj", value);
    case 'l': return limit(value);
    case 'n': return sys(SYS_setpriority, 0, 0, only(value), 0);
    case 'i': return sys(SYS_ioprio_set, 1, 0, only(value), 0);
    case 'G': return set_groups(value);
    case 'g': id = identity(value); return sys(SYS_setresgid, id, id, id, 0);
    case 'u': return become_user(identity(value));
    case 'd': return sys(SYS_chdir, (long)value, 0, 0, 0);
    case 'h': return go_home(value);
    default: leave(NONSENSE);
    }
}

/* Become the program at this path; on return it could not be, and why. */
static long become(const char *path, char **arguments, char **environment)
{
    long error = -sys(SYS_execve, (long)path, (long)arguments, (long)environment, 0);
    if (error == ENOENT && sys(SYS_faccessat, AT_FDCWD, (long)path, 0, 0) == 0)
        fail(error, 'b', path);
    return error;
}

/* DIRECTORY/NAME in `path`, an empty directory being the current one; 0 if that is too long. */
static int joined(char *path, const char *directory, long size, const char *name)
{
    long at = 0;
    if (size + length(name) + 2 > PATH_MAX)
        return 0;
    while (at < size) {
        path[at] = directory[at];
        at++;
    }
    if (size)
        path[at++] = '/';
    while ((path[at++] = *name++))
        ;
    return 1;
}

static const char *search_path(char **environment)
{
    for (; *environment; environment++) {
        const char *entry = *environment;
        if (entry[0] == 'P' && entry[1] == 'A' && entry[2] == 'T' && entry[3] == 'H' &&
            entry[4] == '=')
            return entry + 5;
    }
    return "/usr/local/bin:/usr/bin:/bin";
}

/* Try each directory of PATH; a file that may not be executed does not end the search. */
static long search(const char *name, char **arguments, char **environment)
{
    static char path[PATH_MAX];
    long seen = *name ? 0 : ENOENT;
    for (const char *at = search_path(environment); *name; at++) {
        long size = 0;
        while (at[size] && at[size] != ':')
            size++;
        if (joined(path, at, size, name)) {
            long error = become(path, arguments, environment);
            if (error == EACCES)
                seen = EACCES;
            else if (error != ENOENT && error != ENOTDIR && error != ENAMETOOLONG)
                fail(error, 'x', path);
        }
        at += size;
        if (!*at)
            break;
    }
    return seen ? seen : ENOENT;
}

__attribute__((noreturn, used)) void enter(long *stack)
{
    char **word = (char **)(stack + 1), **environment = word + stack[0] + 1;
    if (stack[0] < 1)
        leave(NONSENSE);
    for (word++; *word && !((*word)[0] == '-' && (*word)[1] == '-' && !(*word)[2]); word++) {
        long result = carry_out((*word)[0], *word + 1);
        if (result < 0)
            fail(-result, (*word)[0], *word + 1);
    }
    if (!*word || !word[1])
        leave(NONSENSE);
    char *program = *++word;
    const char *slash = program;
    while (*slash && *slash != '/')
        slash++;
    fail(*slash ? become(program, word, environment) : search(program, word, environment), 'x',
         program);
}
