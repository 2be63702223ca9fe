#pragma once

#include <mote/process/exit_status.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace mote::command {

/// What a part is started with.
struct part_options {
    std::vector<std::string> words{};  ///< the program, a path or a name to look up in PATH, and its arguments
    std::string directory{};           ///< its working directory
    std::vector<std::pair<std::string, std::string>> environment{};  ///< added to that of this process
    std::function<void(std::string_view line)> on_line{};            ///< for each line of what it writes
    /// When it has ended and all lines were handed out. Not after the part is destroyed.
    std::function<void(mote::process::exit_status)> on_end{};
};

/// A program of somebody else that runs beside this one, under `run_guard`: nothing that it started outlives it, nor this
/// process. Both handlers run on the executor, from which all members are to be called.
class part {
public:
    /// Throws `boost::system::system_error`. A program that is not there says so in a line and ends with 127.
    static std::unique_ptr<part> start(boost::asio::any_io_executor executor, part_options options);
    part(const part&) = delete;
    part& operator=(const part&) = delete;
    /// Kills all of it. Waits for the end, at most 2 s.
    ~part();

    pid_t pid() const noexcept;  ///< of its guard
    const std::optional<mote::process::exit_status>& ended() const noexcept;
    void ask_to_end() noexcept;  ///< SIGTERM to all of its process group
    void kill() noexcept;        ///< all that it started

private:
    struct state;
    explicit part(std::shared_ptr<state> state) noexcept;
    std::shared_ptr<state> state_;
};

/// `exit code 3`, `signal 11 (Segmentation fault)`
std::string description_of(const mote::process::exit_status& status);

/// Of a shell: `sh -c text`.
std::vector<std::string> shell_words(const std::string& text);

}  // namespace mote::command
