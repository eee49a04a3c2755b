/* Keeps the sound libraries' chatter off the owner's terminal. What failed reaches us as return
 * codes; these lines would only frighten. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* An ALSA error handler that says nothing. */
void hush_alsa(const char *file, int line, const char *function, int error, const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

#ifdef __GLIBC__
/* PortAudio's own thread prints a line to stderr for each level of a failing call when a device
 * is pulled out, and offers no hook. Everything else goes through. */
static ssize_t pass_on(void *cookie, const char *text, size_t length)
{
    static const char chatter[] = "Expression '";
    (void)cookie;
    if (length >= sizeof chatter - 1 && memcmp(text, chatter, sizeof chatter - 1) == 0)
        return (ssize_t)length;
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
