#include "buttons.h"

bool button_is_down(const struct button *button)
{
    return button->state == BUTTON_DOWN || button->state == BUTTON_DOWN_AGAIN ||
           button->state == BUTTON_HELD;
}

/* Let time pass. The clock wraps around after seven weeks: only differences count. */
static unsigned tick(struct button *button, uint32_t at_ms, struct button_told *told)
{
    uint32_t passed_ms = at_ms - button->since_ms;
    unsigned count = 0;
    if (button->state == BUTTON_TAPPED && passed_ms >= DOUBLE_MS) {
        button->state = BUTTON_UP;
        told[count++] = (struct button_told){BUTTON_TAP, button->since_ms + DOUBLE_MS};
    } else if ((button->state == BUTTON_DOWN || button->state == BUTTON_DOWN_AGAIN) &&
               passed_ms >= LONG_MS) {
        uint32_t due_ms = button->since_ms + LONG_MS;
        /* The tap before it stands alone. */
        if (button->state == BUTTON_DOWN_AGAIN)
            told[count++] = (struct button_told){BUTTON_TAP, due_ms};
        told[count++] = (struct button_told){BUTTON_LONG, due_ms};
        button->state = BUTTON_HELD;
    }
    return count;
}

static unsigned move(struct button *button, bool down, uint32_t at_ms, struct button_told *told)
{
    uint8_t was = button->state;
    unsigned count = 0;
    button->since_ms = at_ms;
    if (down) {
        button->state = was == BUTTON_TAPPED ? BUTTON_DOWN_AGAIN : BUTTON_DOWN;
        told[count++] = (struct button_told){BUTTON_PRESS, at_ms};
        return count;
    }
    told[count++] = (struct button_told){BUTTON_RELEASE, at_ms};
    if (was == BUTTON_DOWN_AGAIN)
        told[count++] = (struct button_told){BUTTON_DOUBLE, at_ms};
    button->state = was == BUTTON_DOWN ? BUTTON_TAPPED : BUTTON_UP;
    return count;
}

unsigned button_step(struct button *button, bool contact, uint32_t now_ms,
                     struct button_told told[MOST_TOLD])
{
    unsigned count = 0;
    if (contact == button_is_down(button)) {
        button->moving = false;
    } else if (!button->moving) {
        button->moving = true;
        button->moving_ms = now_ms;
    }
    /* While the contact moves, what follows depends on when that began. */
    count += tick(button, button->moving ? button->moving_ms : now_ms, told);
    if (button->moving && now_ms - button->moving_ms >= DEBOUNCE_MS) {
        button->moving = false;
        count += move(button, contact, button->moving_ms, told + count);
    }
    return count;
}
