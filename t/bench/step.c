// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// A step of a handler that costs as little as a program can: linked statically, it exits at once. With STEP_LOG it
// appends a line there for itself: "PID START INPUT", where START is the monotonic clock in ns at its first
// instruction and INPUT the first bytes of its standard input. With STEP_HOLD_MS it then waits so long, and appends
// "PID end".

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void append(const char* path, const char* line) {
    const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (fd < 0 || write(fd, line, strlen(line)) < 0) {
        perror(path);
        exit(1);
    }
    close(fd);
}

int main(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const char* path = getenv("STEP_LOG");
    if (path == NULL) {
        return 0;
    }
    char input[64] = "";
    const ssize_t size = read(STDIN_FILENO, input, sizeof input - 1);
    input[size < 0 ? 0 : size] = '\0';
    char line[160];
    snprintf(line, sizeof line, "%d %lld%09ld %s\n", (int)getpid(), (long long)now.tv_sec, now.tv_nsec, input);
    append(path, line);
    const char* hold = getenv("STEP_HOLD_MS");
    if (hold != NULL) {
        const long milliseconds = atol(hold);
        const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
        nanosleep(&time, NULL);
        snprintf(line, sizeof line, "%d end\n", (int)getpid());
        append(path, line);
    }
    return 0;
}
