#pragma once

#include <tests/support/gtest_namespace.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/types.h>
#include <thread>
#include <unistd.h>

namespace mote::process::test {

/// Whether there is such a process that is not dead: a zombie does not count.
inline bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    if (!std::getline(file, text)) return false;
    const std::size_t end = text.rfind(')');
    return end + 2 < text.size() && text[end + 2] != 'Z' && text[end + 2] != 'X';
}

/// Children of this process, dead ones that nobody reaped too.
inline int count_children() {
    std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    int count = 0;
    for (pid_t pid = 0; file >> pid;) ++count;
    return count;
}

/// Looks again until the condition holds; false when that takes too long.
template <class Condition>
bool becomes_true(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

inline int count_descriptors() {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        static_cast<void>(entry);
        ++count;
    }
    return count;
}

}  // namespace mote::process::test
