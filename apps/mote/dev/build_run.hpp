#pragma once

#include <apps/mote/dev/log_stream.hpp>
#include <apps/mote/dev/part.hpp>
#include <apps/mote/dev/project.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

enum class build_result { done, failed, stopped };

/// Builds a project: its commands one after the other, until one fails. What configures a build runs only when it has to.
/// All members on the executor.
class build_run {
public:
    build_run(boost::asio::any_io_executor executor, std::string directory, log_stream* log)
        : executor_(std::move(executor)), directory_(std::move(directory)), log_(log) {}

    /// Begins; `on_end` is called once, later or at once. Not while one is going on.
    void start(project what, std::function<void(build_result)> on_end);
    void stop() noexcept;  ///< ends it with `stopped`
    bool busy() const noexcept { return static_cast<bool>(on_end_); }

    /// What configures a build has to run again.
    void forget_configuration() noexcept { configured_ = false; }
    /// Whether lines are shown as they come. Otherwise those of a build that fails are, when it has failed.
    bool shown() const noexcept { return shown_; }
    void show(bool shown) noexcept { shown_ = shown; }

private:
    void next();
    void take_line(std::string_view line);
    void take_end(mote::process::exit_status status);
    void end(build_result result);

    boost::asio::any_io_executor executor_;
    std::string directory_;
    log_stream* log_;
    project what_{};
    std::size_t at_ = 0;  // of its commands
    std::function<void(build_result)> on_end_{};
    std::unique_ptr<part> running_{};
    std::deque<std::string> hidden_{};  // the last lines that were not shown
    bool configured_ = false;
    bool shown_ = true;
    bool stopping_ = false;
};

/// As a person would type it.
std::string shown_command(const words& command);

}  // namespace mote::command
