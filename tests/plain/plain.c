// SPDX-License-Identifier: GPL-3.0-or-later
//
// The runner behind criterion/criterion.h: each test in a forked process, one after the other.
//
//   test_program [-v] [PATTERN]      runs the tests whose "suite/name" holds or matches PATTERN

#include <criterion/criterion.h>

#include <fnmatch.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_FAILED = 201, EXIT_SKIPPED = 202 }; // a test's process, when the test itself says so
enum { SLOWNESS = 10 };                         // sanitizers: time limits are so much longer

static struct plain_test *tests;
static struct plain_test **last_test = &tests;

// of the process of one test
static atomic_bool failed;
static bool skipped;
static jmp_buf out_of_test;
static pthread_t test_thread;

// What libraries allocate in their own constructors (GLib: 16 KiB) is no leak of ours. A
// suppression would need slow unwinding of every malloc; this runs before those constructors and
// costs nothing.
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void ignore_constructors(void) {
    if (__lsan_disable)
        __lsan_disable();
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(void) = ignore_constructors;

void plain_register(struct plain_test *test) {
    *last_test = test;
    last_test = &test->next;
}

static void say(const char *where, const char *format, va_list args) {
    flockfile(stderr);
    fprintf(stderr, "%s", where);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    funlockfile(stderr);
}

void plain_check(bool ok, bool fatal, const char *file, int line, const char *what,
                 const char *format, ...) {
    if (ok)
        return;
    char where[1024];
    snprintf(where, sizeof where, "%s:%d: %s: ", file, line, what);
    va_list args;
    va_start(args, format);
    say(where, format, args);
    va_end(args);
    failed = true;
    if (!fatal)
        return;
    if (!pthread_equal(pthread_self(), test_thread)) // no way back from here to the test
        _exit(EXIT_FAILED);
    longjmp(out_of_test, 1);
}

void plain_skip(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say("skipped: ", format, args);
    va_end(args);
    skipped = true;
    longjmp(out_of_test, 1);
}

void plain_log(const char *level, const char *format, ...) {
    char where[64];
    snprintf(where, sizeof where, "%s: ", level);
    va_list args;
    va_start(args, format);
    say(where, format, args);
    va_end(args);
}

static const struct plain_options *suite_options(const struct plain_test *test) {
    for (const struct plain_test *t = tests; t; t = t->next)
        if (!t->name && strcmp(t->suite, test->suite) == 0)
            return &t->options;
    return NULL;
}

typedef void (*step_fn)(void);

/** Does the steps there are, until the test ends itself. */
static void attempt(step_fn first, step_fn second, step_fn third) {
    if (setjmp(out_of_test) != 0)
        return;
    if (first)
        first();
    if (second)
        second();
    if (third)
        third();
}

/** The whole life of a test's process. */
static _Noreturn void run_here(const struct plain_test *test) {
    static const struct plain_options none;
    const struct plain_options *suite = suite_options(test);
    if (!suite)
        suite = &none;
    double timeout = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
    if (timeout > 0)
        alarm(1 + (unsigned)(timeout * SLOWNESS));
    test_thread = pthread_self();
    attempt(suite->init, test->options.init, test->run);
    attempt(test->options.fini, suite->fini, NULL);
    if (failed || skipped) {
        fflush(NULL);
        _exit(failed ? EXIT_FAILED : EXIT_SKIPPED);
    }
    exit(0); // sanitizers look for leaks now and may change the exit status
}

static int run(const struct plain_test *test) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child == 0)
        run_here(test);
    int status;
    if (waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

/** True if the process ended as its test says it must. */
static bool ended_well(const struct plain_test *test, int status) {
    if (test->options.signal)
        return WIFSIGNALED(status) && WTERMSIG(status) == test->options.signal;
    return WIFEXITED(status) && WEXITSTATUS(status) == test->options.exit_code;
}

static bool chosen(const struct plain_test *test, const char *pattern) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
    return !pattern || strstr(name, pattern) || fnmatch(pattern, name, 0) == 0;
}

int main(int argc, char **argv) {
    if (__lsan_enable)
        __lsan_enable();
    bool verbose = false;
    const char *pattern = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            verbose = true;
        else if (strcmp(argv[i], "--filter") != 0)
            pattern = argv[i];
    }
    int ran = 0, bad = 0, skips = 0;
    for (const struct plain_test *test = tests; test; test = test->next) {
        if (!test->name || !chosen(test, pattern))
            continue;
        if (verbose)
            fprintf(stderr, "%s/%s\n", test->suite, test->name);
        int status = test->options.disabled ? EXIT_SKIPPED << 8 : run(test);
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED) {
            skips++;
            continue;
        }
        ran++;
        if (ended_well(test, status))
            continue;
        bad++;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
            fprintf(stderr, "%s/%s: out of time\n", test->suite, test->name);
        else if (WIFSIGNALED(status))
            fprintf(stderr, "%s/%s: %s\n", test->suite, test->name, strsignal(WTERMSIG(status)));
        else
            fprintf(stderr, "%s/%s: failed, exit status %d\n", test->suite, test->name,
                    WEXITSTATUS(status));
    }
    fprintf(stderr, "%d tests, %d failed, %d skipped\n", ran, bad, skips);
    return bad ? 1 : 0;
}
