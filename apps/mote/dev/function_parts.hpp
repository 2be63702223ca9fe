#pragma once

#include <apps/mote/dev/log_stream.hpp>
#include <apps/mote/dev/part.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::command {

/// The functions of a project's stack file, each part a `mote` of its own: a node, a gateway, `deploy --watch`, and the logs of
/// each function. All members on the executor, whose last turn it has to outlive.
class function_parts {
public:
    /// `data`: a directory for the node and the gateway's password; `environment`: says where the server is.
    function_parts(boost::asio::any_io_executor executor, std::filesystem::path stack_file, std::filesystem::path data,
                   std::vector<std::pair<std::string, std::string>> environment, log_stream* log);
    function_parts(const function_parts&) = delete;
    function_parts& operator=(const function_parts&) = delete;

    void start();
    /// Reads the stack file again.
    void deploy();
    /// Directories of functions, relative to that of the file: a change there is not one of the service.
    std::vector<std::string> handlers() const;
    /// Asks all of it to end, and kills what has not after `patience`.
    boost::asio::awaitable<void> stop(std::chrono::milliseconds patience);

private:
    void begin(const std::string& name, std::vector<std::string> arguments);
    void take_line(const std::string& name, std::string_view line);
    void take_end(const std::string& name, const mote::process::exit_status& status);
    std::vector<std::string> with_gateway(std::vector<std::string> arguments) const;

    boost::asio::any_io_executor executor_;
    std::filesystem::path stack_file_;
    std::filesystem::path data_;
    std::vector<std::pair<std::string, std::string>> environment_;
    log_stream* log_;
    std::string gateway_url_{};  // empty: it does not serve yet
    std::map<std::string, std::unique_ptr<part>> parts_{};
    bool stopping_ = false;
};

/// `stack.yml` or `stack.yaml` of a directory; empty where there is none.
std::filesystem::path stack_file_of(const std::filesystem::path& directory);

}  // namespace mote::command
