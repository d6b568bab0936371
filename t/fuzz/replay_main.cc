// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// Runs a fuzz target without a fuzzer: over each file of the corpus directories given as arguments, and over mutations
// of these files, the same ones in each run. Without an argument NAME_fuzz takes t/fuzz/corpus/NAME, seen from the top
// of the source tree. Prints TAP, one test a corpus. A target ends the program when it finds something wrong; the
// input is written to NAME_fuzz.failed then, beside the program, which takes files as arguments too.

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;

constexpr int kMutationsOfCorpus = 20000;
constexpr std::uint32_t kRandomSeed = 20260101;

// What the target is looking at, for the handlers of its death.
std::string current_input;
std::string failed_path;

void save_current_input() {
    const int fd = open(failed_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const bool saved = fd >= 0 && write(fd, current_input.data(), current_input.size()) >= 0;
    const std::string diagnosis = "# the input is " + (saved ? "in " + failed_path : std::string("lost")) + "\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, diagnosis.data(), diagnosis.size());
}

void on_fatal_signal(int number) {
    save_current_input();
    std::raise(number);
}

void install_death_handlers() {
    struct sigaction action {};
    action.sa_handler = on_fatal_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    sigaction(SIGABRT, &action, nullptr);
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(save_current_input);
    } else {
        sigaction(SIGSEGV, &action, nullptr);
    }
}

void run_target(std::string input) {
    current_input = std::move(input);
    // A copy of the exact size, so that AddressSanitizer sees the first byte read behind it.
    const std::vector<std::uint8_t> bytes(current_input.begin(), current_input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string read_file(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Changes inputs at random. Not as clever as libFuzzer: it sees nothing of the target.
class Mutator {
public:
    explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

    std::string make_input() {
        std::string text = random_seed();
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            change(text);
        }
        return text;
    }

private:
    void change(std::string& text) {
        static constexpr std::array<unsigned char, 24> kTelling = {0,   1,   '\t', '\n', '\r', ' ', '"',  '%',
                                                                   '*', '-', '/',  '0',  ':',  ';', '=',  '[',
                                                                   ']', '^', '\\', '{',  '}',  127, 0xC3, 0xFF};
        const std::size_t at = below(text.size() + 1);
        const auto telling = static_cast<char>(kTelling.at(below(kTelling.size())));
        switch (below(5)) {
        case 0: text.insert(at, 1, telling); break;
        case 1: text.replace(at, 1, 1, telling); break;
        case 2: text.replace(at, 1, 1, static_cast<char>(below(256))); break;
        case 3: text.erase(at, 1 + below(8)); break;
        default: text.insert(at, piece_of_a_seed());
        }
    }

    std::string piece_of_a_seed() {
        const std::string& seed = random_seed();
        return seed.substr(below(seed.size() + 1), 1 + below(32));
    }

    const std::string& random_seed() { return seeds_.at(below(seeds_.size())); }

    std::size_t below(std::size_t limit) { return random_() % limit; }

    const std::vector<std::string>& seeds_;
    std::mt19937 random_{kRandomSeed};
};

std::vector<std::string> load_corpus(const fs::path& path) {
    if (!fs::is_directory(path)) {
        return {read_file(path)};
    }
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path)) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds;
    std::transform(files.begin(), files.end(), std::back_inserter(seeds), read_file);
    return seeds;
}

// Returns whether there was anything to run.
bool replay(const fs::path& path) {
    const auto seeds = load_corpus(path);
    if (seeds.empty()) {
        return false;
    }
    for (const auto& seed : seeds) {
        run_target(seed);
    }
    Mutator mutator(seeds);
    for (int i = 0; i < kMutationsOfCorpus && fs::is_directory(path); ++i) {
        run_target(mutator.make_input());
    }
    return true;
}

std::string corpus_of(const fs::path& program) {
    const std::string name = program.filename();
    return "t/fuzz/corpus/" + name.substr(0, name.rfind("_fuzz"));
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> paths(argv + 1, argv + argc);
    if (paths.empty()) {
        paths.push_back(corpus_of(argv[0]));
    }
    failed_path = std::string(argv[0]) + ".failed";
    install_death_handlers();

    std::printf("1..%zu\n", paths.size());
    std::fflush(stdout);
    bool all_ran = true;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const bool ran = fs::exists(paths[i]) && replay(paths[i]);
        std::printf("%s %zu - %s%s\n", ran ? "ok" : "not ok", i + 1, paths[i].c_str(), ran ? "" : ": no inputs");
        all_ran = all_ran && ran;
    }
    return all_ran ? 0 : 1;
}
