/* Keeps the sound libraries' chatter off the owner's terminal. What failed reaches us as return
 * codes; these lines would only frighten. The first is kept: for a stream that PortAudio's own
 * thread ends, it is the only word of the reason. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* An ALSA error handler that says nothing. */
void hush_alsa(const char *file, int line, const char *function, int error, const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

enum { NOTHING_KEPT, KEEPING, KEPT };
static _Atomic int kept_state;
static char kept[240];

/* The first line that was kept back since hush_forget(), or NULL. */
const char *hush_kept(void)
{
    return atomic_load(&kept_state) == KEPT ? kept : NULL;
}

void hush_forget(void)
{
    int full = KEPT;
    atomic_compare_exchange_strong(&kept_state, &full, NOTHING_KEPT);
}

#ifdef __GLIBC__
static void keep(const char *text, size_t length)
{
    int nothing = NOTHING_KEPT;
    if (!atomic_compare_exchange_strong(&kept_state, &nothing, KEEPING))
        return;
    if (length >= sizeof kept)
        length = sizeof kept - 1;
    memcpy(kept, text, length);
    kept[length] = '\0';
    atomic_store(&kept_state, KEPT);
}

/* PortAudio's own thread prints a line to stderr for each level of a failing call when a device
 * is pulled out, and offers no hook. Everything else goes through. */
static ssize_t pass_on(void *cookie, const char *text, size_t length)
{
    static const char chatter[] = "Expression '";
    (void)cookie;
    if (length >= sizeof chatter - 1 && memcmp(text, chatter, sizeof chatter - 1) == 0) {
        keep(text, length);
        return (ssize_t)length;
    }
    return write(STDERR_FILENO, text, length);
}

void hush_portaudio(void)
{
    static int done;
    cookie_io_functions_t through = {.write = pass_on};
    FILE *filtered = done ? NULL : fopencookie(NULL, "w", through);
    if (filtered) {
        setvbuf(filtered, NULL, _IONBF, 0); /* one write for each call, so a line comes whole */
        stderr = filtered;
        done = 1;
    }
}
#else
void hush_portaudio(void)
{
}
#endif
