/* An ESP32 board with Espressif's ESP-IDF, on the UART of its USB socket; pins as in docs/hardware.md.

   Written by the documentation of ESP-IDF 5 and compiled nowhere yet: it needs that, and the tests of
   this project compile board_host.c in its place. Only this file knows the hardware. */
#include "board.h"
#include "bridge.h"

#include "driver/gpio.h"
#include "driver/ledc.h"
#include "driver/uart.h"
#include "esp_log.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

/* Buttons and switch connect these pins to ground. */
#define BUTTON_PINS {GPIO_NUM_32, GPIO_NUM_33}
#define BUTTONS 2
#define MUTE_PIN GPIO_NUM_27
#define LIGHT_PINS {GPIO_NUM_25, GPIO_NUM_26, GPIO_NUM_14}
/* Relays or transistors, switched on by a high level. */
#define OUTPUT_PINS {GPIO_NUM_18, GPIO_NUM_19, GPIO_NUM_21, GPIO_NUM_22}
#define OUTPUTS 4
#define PORT UART_NUM_0
#define BAUD 115200
/* Room for what comes in while another task runs. */
#define RECEIVE_BYTES 1024
#define SEND_BYTES 1024
#define LIGHT_HZ 5000

static const gpio_num_t button_pins[BUTTONS] = BUTTON_PINS;
static const gpio_num_t light_pins[3] = LIGHT_PINS;
static const gpio_num_t output_pins[OUTPUTS] = OUTPUT_PINS;

static const struct board_facts facts = {
    "xtalk-edge esp32", BUTTONS, OUTPUTS, FEATURE_MUTE_SWITCH | FEATURE_LIGHTS};

const struct board_facts *board_facts(void) { return &facts; }

static void make_input(gpio_num_t pin)
{
    gpio_config_t input = {.pin_bit_mask = 1ULL << pin, .mode = GPIO_MODE_INPUT,
                           .pull_up_en = GPIO_PULLUP_ENABLE};
    gpio_config(&input);
}

static void make_output(gpio_num_t pin)
{
    gpio_config_t output = {.pin_bit_mask = 1ULL << pin, .mode = GPIO_MODE_OUTPUT};
    gpio_set_level(pin, 0);
    gpio_config(&output);
}

void board_setup(void)
{
    /* The log would get between the frames. */
    esp_log_level_set("*", ESP_LOG_NONE);
    uart_config_t line = {.baud_rate = BAUD, .data_bits = UART_DATA_8_BITS,
                          .parity = UART_PARITY_DISABLE, .stop_bits = UART_STOP_BITS_1,
                          .flow_ctrl = UART_HW_FLOWCTRL_DISABLE};
    uart_driver_install(PORT, RECEIVE_BYTES, SEND_BYTES, 0, NULL, 0);
    uart_param_config(PORT, &line);
    for (size_t i = 0; i < BUTTONS; i++)
        make_input(button_pins[i]);
    make_input(MUTE_PIN);
    for (size_t i = 0; i < OUTPUTS; i++)
        make_output(output_pins[i]);
    ledc_timer_config_t timer = {.speed_mode = LEDC_LOW_SPEED_MODE,
                                 .duty_resolution = LEDC_TIMER_8_BIT,
                                 .timer_num = LEDC_TIMER_0, .freq_hz = LIGHT_HZ,
                                 .clk_cfg = LEDC_AUTO_CLK};
    ledc_timer_config(&timer);
    for (int i = 0; i < 3; i++) {
        ledc_channel_config_t channel = {.gpio_num = light_pins[i],
                                         .speed_mode = LEDC_LOW_SPEED_MODE,
                                         .channel = (ledc_channel_t)i,
                                         .timer_sel = LEDC_TIMER_0};
        ledc_channel_config(&channel);
    }
    esp_task_wdt_add(NULL);
}

uint32_t board_millis(void) { return (uint32_t)(esp_timer_get_time() / 1000); }

size_t board_read(uint8_t *bytes, size_t room)
{
    int got = uart_read_bytes(PORT, bytes, (uint32_t)room, 0);
    return got > 0 ? (size_t)got : 0;
}

void board_write(const uint8_t *bytes, size_t size)
{
    size_t room = 0;
    /* It would wait for room otherwise. */
    if (uart_get_tx_buffer_free_size(PORT, &room) == ESP_OK && room >= size)
        uart_write_bytes(PORT, bytes, size);
}

uint8_t board_contacts(void)
{
    uint8_t contacts = 0;
    for (size_t i = 0; i < BUTTONS; i++)
        if (gpio_get_level(button_pins[i]) == 0)
            contacts |= (uint8_t)(1u << i);
    return contacts;
}

bool board_mute_switch(void) { return gpio_get_level(MUTE_PIN) == 0; }

/* Not among the features of this board. */
uint8_t board_knob(void) { return 0; }
uint16_t board_supply_mv(void) { return 0; }

void board_show(const uint8_t colour[3], enum light light)
{
    (void)light;
    for (int i = 0; i < 3; i++) {
        ledc_set_duty(LEDC_LOW_SPEED_MODE, (ledc_channel_t)i, colour[i]);
        ledc_update_duty(LEDC_LOW_SPEED_MODE, (ledc_channel_t)i);
    }
}

void board_output(uint8_t output, bool on) { gpio_set_level(output_pins[output], on); }

void board_feed_watchdog(void) { esp_task_wdt_reset(); }

void app_main(void)
{
    bridge_setup();
    for (;;) {
        bridge_step();
        vTaskDelay(1);
    }
}
