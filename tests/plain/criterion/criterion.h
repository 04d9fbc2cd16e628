// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/**
 * @file
 * Criterion's classic interface, enough of it to run our unit tests where Criterion itself cannot
 * go.
 *
 * Criterion 2.4.1 aborts under ThreadSanitizer, and under AddressSanitizer it hides leaks. Trees
 * with LCT_SANITIZE find this header before Criterion's, and link plain.c beside it: the same test
 * files, a plain main, each test in a process of its own that ends with exit(), so that sanitizers
 * have their say about every test.
 *
 *     Test(queue, drops_the_oldest, .timeout = 5) { cr_assert_eq(f(), 3, "got %d", f()); }
 *
 * Test() takes .init, .fini, .signal, .exit_code, .disabled, .timeout (seconds) and .description;
 * TestSuite() gives the first two to all tests of its suite. cr_assert… ends the test, cr_expect…
 * goes on. Not here: parameterized tests, theories, redirected output, the cr_assert(eq(…)) forms.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct plain_options {
    void (*init)(void);
    void (*fini)(void);
    int signal;
    int exit_code;
    bool disabled;
    double timeout;
    const char *description;
    char unused;
};

struct plain_test {
    const char *suite;
    const char *name; // NULL: the suite itself
    void (*run)(void);
    struct plain_options options;
    struct plain_test *next;
};

/** Adds a test, or a suite, to those that main() runs. Called by constructors. */
void plain_register(struct plain_test *test);

/** Notes a failure when `ok` is false, and ends the test if `fatal`. The format may be empty. */
void plain_check(bool ok, bool fatal, const char *file, int line, const char *what,
                 const char *format, ...);

/** Ends the test as skipped. */
_Noreturn void plain_skip(const char *format, ...);

/** Prints one line. */
void plain_log(const char *level, const char *format, ...);

/** strcmp that takes NULL for a string that differs from every other. */
static inline int plain_strcmp(const char *a, const char *b) {
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

#define Test(Suite, Name, ...)                                                                     \
    static void Suite##_##Name##_run(void);                                                        \
    __attribute__((constructor)) static void Suite##_##Name##_register(void) {                     \
        static struct plain_test test = {                                                          \
            #Suite, #Name, Suite##_##Name##_run, {.unused = 0, __VA_ARGS__}, NULL};                \
        plain_register(&test);                                                                     \
    }                                                                                              \
    static void Suite##_##Name##_run(void)

#define TestSuite(Suite, ...)                                                                      \
    __attribute__((constructor)) static void Suite##_register(void) {                              \
        static struct plain_test test = {#Suite, NULL, NULL, {.unused = 0, __VA_ARGS__}, NULL};    \
        plain_register(&test);                                                                     \
    }                                                                                              \
    struct plain_test

#define PLAIN_CHECK_(fatal, ok, what, ...)                                                         \
    plain_check((ok), fatal, __FILE__, __LINE__, what, "" __VA_ARGS__)
#define PLAIN_OP_(fatal, op, a, b, ...)                                                            \
    PLAIN_CHECK_(fatal, (a)op(b), #a " " #op " " #b, __VA_ARGS__)
#define PLAIN_STR_(fatal, op, a, b, ...)                                                           \
    PLAIN_CHECK_(fatal, plain_strcmp((a), (b)) op 0, #a " " #op " " #b, __VA_ARGS__)
#define PLAIN_MEM_(fatal, op, a, b, n, ...)                                                        \
    PLAIN_CHECK_(fatal, memcmp((a), (b), (n)) op 0, #a " " #op " " #b, __VA_ARGS__)
#define PLAIN_NEAR_(a, b, e) ((a) - (b) <= (e) && (b) - (a) <= (e))

#define cr_assert(c, ...) PLAIN_CHECK_(true, !!(c), #c, __VA_ARGS__)
#define cr_assert_not(c, ...) PLAIN_CHECK_(true, !(c), "not " #c, __VA_ARGS__)
#define cr_assert_fail(...) PLAIN_CHECK_(true, false, "failed", __VA_ARGS__)
#define cr_assert_null(p, ...) PLAIN_CHECK_(true, (p) == NULL, #p " is NULL", __VA_ARGS__)
#define cr_assert_not_null(p, ...) PLAIN_CHECK_(true, (p) != NULL, #p " is not NULL", __VA_ARGS__)
#define cr_assert_eq(a, ...) PLAIN_OP_(true, ==, a, __VA_ARGS__)
#define cr_assert_neq(a, ...) PLAIN_OP_(true, !=, a, __VA_ARGS__)
#define cr_assert_lt(a, ...) PLAIN_OP_(true, <, a, __VA_ARGS__)
#define cr_assert_leq(a, ...) PLAIN_OP_(true, <=, a, __VA_ARGS__)
#define cr_assert_gt(a, ...) PLAIN_OP_(true, >, a, __VA_ARGS__)
#define cr_assert_geq(a, ...) PLAIN_OP_(true, >=, a, __VA_ARGS__)
#define cr_assert_str_eq(a, ...) PLAIN_STR_(true, ==, a, __VA_ARGS__)
#define cr_assert_str_neq(a, ...) PLAIN_STR_(true, !=, a, __VA_ARGS__)
#define cr_assert_str_lt(a, ...) PLAIN_STR_(true, <, a, __VA_ARGS__)
#define cr_assert_str_leq(a, ...) PLAIN_STR_(true, <=, a, __VA_ARGS__)
#define cr_assert_str_gt(a, ...) PLAIN_STR_(true, >, a, __VA_ARGS__)
#define cr_assert_str_geq(a, ...) PLAIN_STR_(true, >=, a, __VA_ARGS__)
#define cr_assert_str_empty(a, ...) PLAIN_CHECK_(true, *(a) == 0, #a " is empty", __VA_ARGS__)
#define cr_assert_str_not_empty(a, ...)                                                            \
    PLAIN_CHECK_(true, *(a) != 0, #a " is not empty", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, ...) PLAIN_MEM_(true, ==, a, b, __VA_ARGS__)
#define cr_assert_arr_neq(a, b, ...) PLAIN_MEM_(true, !=, a, b, __VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...)                                                           \
    PLAIN_CHECK_(true, PLAIN_NEAR_(a, b, e), #a " is near " #b, __VA_ARGS__)
#define cr_assert_float_neq(a, b, e, ...)                                                          \
    PLAIN_CHECK_(true, !PLAIN_NEAR_(a, b, e), #a " is not near " #b, __VA_ARGS__)

#define cr_expect(c, ...) PLAIN_CHECK_(false, !!(c), #c, __VA_ARGS__)
#define cr_expect_not(c, ...) PLAIN_CHECK_(false, !(c), "not " #c, __VA_ARGS__)
#define cr_expect_fail(...) PLAIN_CHECK_(false, false, "failed", __VA_ARGS__)
#define cr_expect_null(p, ...) PLAIN_CHECK_(false, (p) == NULL, #p " is NULL", __VA_ARGS__)
#define cr_expect_not_null(p, ...) PLAIN_CHECK_(false, (p) != NULL, #p " is not NULL", __VA_ARGS__)
#define cr_expect_eq(a, ...) PLAIN_OP_(false, ==, a, __VA_ARGS__)
#define cr_expect_neq(a, ...) PLAIN_OP_(false, !=, a, __VA_ARGS__)
#define cr_expect_lt(a, ...) PLAIN_OP_(false, <, a, __VA_ARGS__)
#define cr_expect_leq(a, ...) PLAIN_OP_(false, <=, a, __VA_ARGS__)
#define cr_expect_gt(a, ...) PLAIN_OP_(false, >, a, __VA_ARGS__)
#define cr_expect_geq(a, ...) PLAIN_OP_(false, >=, a, __VA_ARGS__)
#define cr_expect_str_eq(a, ...) PLAIN_STR_(false, ==, a, __VA_ARGS__)
#define cr_expect_str_neq(a, ...) PLAIN_STR_(false, !=, a, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, ...) PLAIN_MEM_(false, ==, a, b, __VA_ARGS__)
#define cr_expect_arr_neq(a, b, ...) PLAIN_MEM_(false, !=, a, b, __VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...)                                                           \
    PLAIN_CHECK_(false, PLAIN_NEAR_(a, b, e), #a " is near " #b, __VA_ARGS__)

#define cr_skip_test(...) plain_skip("" __VA_ARGS__)
#define cr_skip(...) plain_skip("" __VA_ARGS__)
#define cr_fatal(...) cr_assert_fail(__VA_ARGS__)
#define cr_log_info(...) plain_log("info", __VA_ARGS__)
#define cr_log_warn(...) plain_log("warning", __VA_ARGS__)
#define cr_log_error(...) plain_log("error", __VA_ARGS__)
