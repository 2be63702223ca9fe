#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace mote::command {

/// Keys, one by one as they are typed, without an echo. Ctrl-C and the like stay signals. The terminal is as before when this
/// object is gone, and also after a signal that ends the process (but SIGKILL), and while it is stopped. One at a time.
class key_input {
public:
    /// Does nothing where standard input is no terminal, or one that another process has in its foreground.
    key_input(const boost::asio::any_io_executor& executor, std::function<void(char key)> on_key);
    key_input(const key_input&) = delete;
    key_input& operator=(const key_input&) = delete;
    ~key_input();

    bool active() const noexcept { return state_ != nullptr; }

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace mote::command
