#pragma once

#include <apps/mote/dev/line_splitter.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace mote::command {

/// Hands out the lines of a file from its begin, and those that come later, on the executor. It ends with this object.
class file_tail {
public:
    /// A file that cannot be read, or not watched, has no lines.
    file_tail(const boost::asio::any_io_executor& executor, const std::filesystem::path& file,
              std::function<void(std::string_view line)> on_line);
    file_tail(const file_tail&) = delete;
    file_tail& operator=(const file_tail&) = delete;
    /// Hands out what there is, first.
    ~file_tail();

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace mote::command
