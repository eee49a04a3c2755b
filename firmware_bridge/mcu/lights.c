#include "lights.h"

#define BREATH_MS 2048u
#define BLINK_MS 512u
#define DIM 24u

/* Up and down again, 0 to 255. */
static uint8_t breath(uint32_t now_ms)
{
    uint32_t at = now_ms % BREATH_MS * 512u / BREATH_MS;
    return (uint8_t)(at < 256u ? at : 511u - at);
}

static uint8_t scaled(uint8_t colour, uint8_t by)
{
    return (uint8_t)((unsigned)colour * by / 255u);
}

static void set(uint8_t colour[3], uint8_t red, uint8_t green, uint8_t blue, uint8_t bright)
{
    colour[0] = scaled(red, bright);
    colour[1] = scaled(green, bright);
    colour[2] = scaled(blue, bright);
}

void lights_colour(enum light light, uint8_t level, uint32_t now_ms, uint8_t colour[3])
{
    uint8_t loud = (uint8_t)(DIM + (unsigned)level * (255u - DIM) / 255u);
    switch (light) {
    case LIGHT_READY:
        set(colour, 0, 80, 255, DIM);
        break;
    case LIGHT_LISTENING:
        set(colour, 0, 80, 255, loud);
        break;
    case LIGHT_THINKING:
        set(colour, 255, 160, 0, breath(now_ms));
        break;
    case LIGHT_SPEAKING:
        set(colour, 0, 255, 60, loud);
        break;
    case LIGHT_MUTED:
        set(colour, 255, 0, 0, 96);
        break;
    case LIGHT_ERROR:
        set(colour, 255, 0, 0, now_ms % BLINK_MS < BLINK_MS / 2u ? 255 : 0);
        break;
    case LIGHT_OFF:
    default:
        set(colour, 0, 0, 0, 0);
        break;
    }
}
