// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The sender and the stopwatch of the benchmark. It publishes numbered events as REDIS_USER with REDIS_PASSWORD and
// watches the same Redis for the tasks that a forwarder makes of them, so that both ends are timed by one clock.
//
//   burst     all events as fast as Redis takes them; prints seconds, events that had a subscriber, tasks in the list
//   latency   RATE events a second; prints for each the microseconds from its publication until its task was popped
//
// The clock of an event that is held up by those before it starts when it was due: a stall is charged to all it delays.

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kChunk = 64, kPayloadMax = 1 << 20 };

static const double kPollInterval = 0.002;
static const double kPatience = 5.0; // seconds without a new task after which the rest counts as lost

static const char* channel;
static const char* list;
static size_t payload_size;

static void die(const char* what, const char* why) {
    fprintf(stderr, "publisher: %s: %s\n", what, why ? why : "unknown error");
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double due) {
    const struct timespec t = {(time_t)due, (long)((due - (double)(time_t)due) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static redisContext* open_session(int port) {
    redisContext* context = redisConnect("127.0.0.1", port);
    if (context == NULL || context->err != 0) {
        die("connect", context ? context->errstr : "out of memory");
    }
    redisReply* reply = redisCommand(context, "AUTH %s %s", getenv("REDIS_USER"), getenv("REDIS_PASSWORD"));
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        die("AUTH", reply ? reply->str : context->errstr);
    }
    freeReplyObject(reply);
    return context;
}

static void flush(redisContext* context) {
    int done = 0;
    while (!done) {
        if (redisBufferWrite(context, &done) != REDIS_OK) {
            die("write", context->errstr);
        }
    }
}

// The caller frees the reply.
static redisReply* next_reply(redisContext* context) {
    redisReply* reply = NULL;
    if (redisGetReply(context, (void**)&reply) != REDIS_OK) {
        die("read", context->errstr);
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        die("refused", reply->str);
    }
    return reply;
}

static long long next_integer(redisContext* context) {
    redisReply* reply = next_reply(context);
    const long long value = reply->integer;
    freeReplyObject(reply);
    return value;
}

// A small object like those that modules publish, filled up to payload_size; too small a size gives the bare object.
static const char* make_payload(int sequence, size_t* length) {
    static char payload[kPayloadMax];
    static const char tail[] = "\"}";
    const int head = snprintf(payload, sizeof payload,
                              "{\"sequence\":%d,\"node_id\":1,\"domain\":\"example.org\",\"domains\":[\"a\",\"b\"],"
                              "\"text\":\"",
                              sequence);
    size_t at = (size_t)head;
    for (; at + strlen(tail) < payload_size; ++at) {
        payload[at] = 'x';
    }
    memcpy(payload + at, tail, sizeof tail);
    *length = at + strlen(tail);
    return payload;
}

static void append_publish(redisContext* context, const char* payload, size_t length) {
    const char* argv[] = {"PUBLISH", channel, payload};
    const size_t lengths[] = {7, strlen(channel), length};
    redisAppendCommandArgv(context, 3, argv, lengths);
}

// Returns how many tasks are in the list when all are, or when none has come for kPatience.
static long long wait_for_tasks(redisContext* context, long long wanted) {
    long long seen = -1;
    double progress = now();
    for (;;) {
        redisAppendCommand(context, "LLEN %s", list);
        const long long tasks = next_integer(context);
        if (tasks != seen) {
            seen = tasks;
            progress = now();
        }
        if (tasks >= wanted || now() - progress > kPatience) {
            return tasks;
        }
        sleep_until(now() + kPollInterval);
    }
}

static void run_burst(redisContext* context, int count) {
    const double start = now();
    for (int i = 0; i < count; ++i) {
        size_t length = 0;
        const char* payload = make_payload(i, &length);
        append_publish(context, payload, length);
        if ((i + 1) % kChunk == 0) {
            flush(context);
        }
    }
    long long heard = 0;
    for (int i = 0; i < count; ++i) {
        heard += next_integer(context) > 0;
    }
    const long long tasks = wait_for_tasks(context, count);
    printf("%.6f %lld %lld\n", now() - start, heard, tasks);
}

static void run_latency(redisContext* context, redisContext* popper, int count, double rate) {
    const double start = now();
    for (int i = 0; i < count; ++i) {
        const double due = start + (i + 1) / rate;
        redisAppendCommand(popper, "BRPOP %s %d", list, (int)kPatience); // waits beforehand, as an agent does
        flush(popper);
        size_t length = 0;
        const char* payload = make_payload(i, &length);
        const int late = now() > due;
        sleep_until(due);
        const double sent = late ? due : now();
        append_publish(context, payload, length);
        flush(context);
        redisReply* popped = next_reply(popper);
        const double arrived = now();
        next_integer(context);

        if (popped->type != REDIS_REPLY_ARRAY || strstr(popped->element[1]->str, payload) == NULL) {
            die("latency", "an event's task did not come, or not in its turn");
        }
        printf("%.1f\n", (arrived - sent) * 1e6);
        freeReplyObject(popped);
    }
}

int main(int argc, char** argv) {
    const int burst = argc == 7 && strcmp(argv[1], "burst") == 0;
    const int latency = argc == 8 && strcmp(argv[1], "latency") == 0;
    if ((!burst && !latency) || getenv("REDIS_USER") == NULL || getenv("REDIS_PASSWORD") == NULL) {
        fputs("usage: REDIS_USER=... REDIS_PASSWORD=... publisher burst PORT CHANNEL LIST SIZE COUNT\n"
              "       REDIS_USER=... REDIS_PASSWORD=... publisher latency PORT CHANNEL LIST SIZE COUNT RATE\n",
              stderr);
        return 2;
    }
    const int port = atoi(argv[2]);
    channel = argv[3];
    list = argv[4];
    payload_size = (size_t)atol(argv[5]);
    if (payload_size >= kPayloadMax) {
        die("SIZE", "must be under 1 MiB");
    }
    redisContext* context = open_session(port);
    if (burst) {
        run_burst(context, atoi(argv[6]));
    } else {
        redisContext* popper = open_session(port);
        run_latency(context, popper, atoi(argv[6]), atof(argv[7]));
        redisFree(popper);
    }
    redisFree(context);
    return 0;
}
