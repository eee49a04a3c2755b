/* An RP2040 board (Raspberry Pi Pico) with the Pico SDK; pins as in docs/hardware.md.

   Written by the SDK's documentation and compiled nowhere yet: it needs the SDK, and the tests of this
   project compile board_host.c in its place. Only this file knows the hardware. */
#include "board.h"
#include "bridge.h"

#include "hardware/adc.h"
#include "hardware/pwm.h"
#include "hardware/watchdog.h"
#include "pico/stdlib.h"

/* Buttons and switch connect these pins to ground. */
#define BUTTON_PINS {14, 15}
#define BUTTONS 2
#define MUTE_PIN 13
/* Anodes of a light with three colours and one cathode, each behind 330 ohms. */
#define LIGHT_PINS {16, 17, 18}
/* Relays or transistors, switched on by a high level. */
#define OUTPUT_PINS {2, 3, 4, 5}
#define OUTPUTS 4
/* The knob's wiper; its ends lie on 3.3 V and ground. */
#define KNOB_PIN 26
#define KNOB_INPUT 0
/* The Pico measures a third of its supply on this pin. */
#define SUPPLY_PIN 29
#define SUPPLY_INPUT 3
#define FULL_SCALE 4096u
#define REFERENCE_MV 3300u
#define SUPPLY_DIVIDER 3u
/* Ten times the longest step; short enough that nobody reaches for the plug. */
#define WATCHDOG_MS 1000u

static const uint8_t button_pins[BUTTONS] = BUTTON_PINS;
static const uint8_t light_pins[3] = LIGHT_PINS;
static const uint8_t output_pins[OUTPUTS] = OUTPUT_PINS;

static const struct board_facts facts = {
    "xtalk-edge pico", BUTTONS, OUTPUTS,
    FEATURE_MUTE_SWITCH | FEATURE_KNOB | FEATURE_SUPPLY_METER | FEATURE_LIGHTS};

const struct board_facts *board_facts(void) { return &facts; }

static void make_input(uint8_t pin)
{
    gpio_init(pin);
    gpio_set_dir(pin, GPIO_IN);
    gpio_pull_up(pin);
}

void board_setup(void)
{
    /* The line is USB; text that the SDK would print must not get between the frames. */
    stdio_init_all();
    for (size_t i = 0; i < BUTTONS; i++)
        make_input(button_pins[i]);
    make_input(MUTE_PIN);
    for (size_t i = 0; i < OUTPUTS; i++) {
        gpio_init(output_pins[i]);
        gpio_put(output_pins[i], false);
        gpio_set_dir(output_pins[i], GPIO_OUT);
    }
    for (size_t i = 0; i < 3; i++) {
        gpio_set_function(light_pins[i], GPIO_FUNC_PWM);
        uint slice = pwm_gpio_to_slice_num(light_pins[i]);
        pwm_set_wrap(slice, 255);
        pwm_set_enabled(slice, true);
    }
    adc_init();
    adc_gpio_init(KNOB_PIN);
    adc_gpio_init(SUPPLY_PIN);
    watchdog_enable(WATCHDOG_MS, true);
}

uint32_t board_millis(void) { return to_ms_since_boot(get_absolute_time()); }

size_t board_read(uint8_t *bytes, size_t room)
{
    size_t got = 0;
    while (got < room) {
        int byte = getchar_timeout_us(0);
        if (byte < 0)
            break;
        bytes[got++] = (uint8_t)byte;
    }
    return got;
}

void board_write(const uint8_t *bytes, size_t size)
{
    /* Set PICO_STDIO_USB_STDOUT_TIMEOUT_US to 0: what a sleeping host does not take is dropped. */
    for (size_t i = 0; i < size; i++)
        putchar_raw(bytes[i]);
}

uint8_t board_contacts(void)
{
    uint8_t contacts = 0;
    for (size_t i = 0; i < BUTTONS; i++)
        if (!gpio_get(button_pins[i]))
            contacts |= (uint8_t)(1u << i);
    return contacts;
}

bool board_mute_switch(void) { return !gpio_get(MUTE_PIN); }

uint8_t board_knob(void)
{
    adc_select_input(KNOB_INPUT);
    return (uint8_t)((adc_read() * 101u) / FULL_SCALE);
}

uint16_t board_supply_mv(void)
{
    adc_select_input(SUPPLY_INPUT);
    return (uint16_t)(adc_read() * REFERENCE_MV * SUPPLY_DIVIDER / FULL_SCALE);
}

void board_show(const uint8_t colour[3], enum light light)
{
    (void)light;
    for (size_t i = 0; i < 3; i++)
        pwm_set_gpio_level(light_pins[i], colour[i]);
}

void board_output(uint8_t output, bool on) { gpio_put(output_pins[output], on); }

void board_feed_watchdog(void) { watchdog_update(); }

int main(void)
{
    bridge_setup();
    for (;;)
        bridge_step();
}
