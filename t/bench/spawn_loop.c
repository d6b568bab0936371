// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The least that running a program for each event can cost: posix_spawn and a wait, no Redis and no loop.
//
//     spawn_loop rate FILE COUNT AT_ONCE  runs FILE so many times, so many at once; prints the runs per second
//     spawn_loop latency FILE COUNT RATE  runs FILE so many times a second, each with "NUMBER TIME" on its standard
//                                         input, where TIME is the monotonic clock in ns when it was due

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static void require(int condition, const char* what) {
    if (!condition) {
        perror(what);
        exit(1);
    }
}

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static pid_t spawn(char* file, const posix_spawn_file_actions_t* actions) {
    char* command[] = {file, NULL};
    pid_t pid = -1;
    require(posix_spawn(&pid, file, actions, NULL, command, environ) == 0, file);
    return pid;
}

static void measure_rate(char* file, int count, int at_once) {
    const long long start = now_ns();
    int running = 0;
    for (int i = 0; i < count; ++i) {
        spawn(file, NULL);
        if (++running == at_once) {
            require(wait(NULL) > 0, "wait");
            --running;
        }
    }
    while (wait(NULL) > 0) {
    }
    printf("%.1f\n", count / ((double)(now_ns() - start) / 1e9));
}

static void spawn_with_input(char* file, const char* input) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    require(write(ends[1], input, strlen(input)) > 0, "write");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    spawn(file, &actions);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    close(ends[1]);
}

static void run_at_rate(char* file, int count, int rate) {
    signal(SIGCHLD, SIG_IGN); // the kernel reaps
    const long long start = now_ns();
    for (int i = 0; i < count; ++i) {
        const long long due = start + i * (1000000000LL / rate);
        const struct timespec time = {due / 1000000000LL, due % 1000000000LL};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
        char input[64];
        snprintf(input, sizeof input, "%d %lld", i, now_ns());
        spawn_with_input(file, input);
    }
    while (wait(NULL) > 0) {
    }
}

int main(int argc, char** argv) {
    if (argc == 5 && strcmp(argv[1], "rate") == 0) {
        measure_rate(argv[2], atoi(argv[3]), atoi(argv[4]));
    } else if (argc == 5 && strcmp(argv[1], "latency") == 0) {
        run_at_rate(argv[2], atoi(argv[3]), atoi(argv[4]));
    } else {
        fputs("usage: spawn_loop rate FILE COUNT AT_ONCE | latency FILE COUNT RATE\n", stderr);
        return 64;
    }
    return 0;
}
