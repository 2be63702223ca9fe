#pragma once

#include <apps/mote/terminal.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace mote::command {

/// A line on standard error that shows what goes on and how far it is, drawn again in place, and gone at the end. Draws
/// nothing where no person looks.
class progress_bar {
public:
    explicit progress_bar(const terminal& reader) : reader_(reader) {}
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar() { clear(); }

    /// Words alone, while nobody knows how much there is to do.
    void show(std::string_view what);
    void show(std::string_view what, std::size_t done, std::size_t total);
    void clear() noexcept;

private:
    terminal reader_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace mote::command
