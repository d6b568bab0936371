// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The yardstick of the benchmark: the least that a forwarder on hiredis and libevent can do. It subscribes to one
// pattern as Redis's default user and pushes each payload, untouched, to one list as REDIS_USER with REDIS_PASSWORD.
// It keeps nothing, checks nothing and never reconnects: whatever goes wrong ends it with a message and status 1.

#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* pattern;
static const char* list;
static redisAsyncContext* listener;
static redisAsyncContext* pusher;

static void die(const char* what, const char* why) {
    fprintf(stderr, "baseline: %s: %s\n", what, why ? why : "unknown error");
    exit(1);
}

static const redisReply* checked(const char* what, redisAsyncContext* context, const void* reply) {
    const redisReply* r = reply;
    if (r == NULL) {
        die(what, context->errstr);
    } else if (r->type == REDIS_REPLY_ERROR) {
        die(what, r->str);
    }
    return r;
}

static void on_pushed(redisAsyncContext* context, void* reply, void* unused) {
    (void)unused;
    checked("LPUSH", context, reply);
}

static void on_message(redisAsyncContext* context, void* reply, void* unused) {
    (void)unused;
    const redisReply* r = checked("PSUBSCRIBE", context, reply);
    if (r->elements != 4) {
        return; // the subscription's confirmation has three
    }
    const redisReply* payload = r->element[3];
    const char* argv[] = {"LPUSH", list, payload->str};
    const size_t lengths[] = {5, strlen(list), (size_t)payload->len};
    if (redisAsyncCommandArgv(pusher, on_pushed, NULL, 3, argv, lengths) != REDIS_OK) {
        die("LPUSH", pusher->errstr);
    }
}

static void on_authenticated(redisAsyncContext* context, void* reply, void* unused) {
    (void)unused;
    checked("AUTH", context, reply);
    redisAsyncCommand(listener, on_message, NULL, "PSUBSCRIBE %s", pattern);
}

static void on_disconnected(const redisAsyncContext* context, int status) {
    (void)status;
    die("disconnected", context->errstr);
}

static redisAsyncContext* connect_to(int port, struct event_base* base) {
    redisAsyncContext* context = redisAsyncConnect("127.0.0.1", port);
    if (context == NULL || context->err != 0) {
        die("connect", context ? context->errstr : "out of memory");
    }
    redisLibeventAttach(context, base);
    redisAsyncSetDisconnectCallback(context, on_disconnected);
    return context;
}

int main(int argc, char** argv) {
    const char* user = getenv("REDIS_USER");
    const char* password = getenv("REDIS_PASSWORD");
    if (argc != 4 || user == NULL || password == NULL) {
        fputs("usage: REDIS_USER=... REDIS_PASSWORD=... baseline PORT PATTERN LIST\n", stderr);
        return 2;
    }
    pattern = argv[2];
    list = argv[3];
    signal(SIGPIPE, SIG_IGN);

    struct event_base* base = event_base_new();
    listener = connect_to(atoi(argv[1]), base);
    pusher = connect_to(atoi(argv[1]), base);
    redisAsyncCommand(pusher, on_authenticated, NULL, "AUTH %s %s", user, password);
    event_base_dispatch(base);
    die("event loop", "ended");
}
