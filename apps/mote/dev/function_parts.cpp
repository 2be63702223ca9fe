#include <apps/mote/dev/function_parts.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/port.hpp>
#include <apps/mote/stack_file.hpp>
#include <apps/mote/text.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::uint16_t usual_http_port = 8080;
constexpr auto between_looks_at_parts = std::chrono::milliseconds(20);

/// 8080, or 0 for any when that is taken.
std::uint16_t free_http_port() { return try_to_listen(usual_http_port) == 0 ? usual_http_port : 0; }

/// `echo` of the line `Deployed echo.` or `Updated echo.`; else empty.
std::string deployed_function(std::string_view line) {
    for (const std::string_view before : {"Deployed ", "Updated "})
        if (line.starts_with(before) && line.ends_with('.'))
            return std::string(line.substr(before.size(), line.size() - before.size() - 1));
    return {};
}

}  // namespace

fs::path stack_file_of(const fs::path& directory) {
    std::error_code ignored;
    for (const char* const name : {"stack.yml", "stack.yaml"})
        if (fs::exists(directory / name, ignored)) return directory / name;
    return {};
}

function_parts::function_parts(asio::any_io_executor executor, fs::path stack_file, fs::path data,
                               std::vector<std::pair<std::string, std::string>> environment, log_stream* log)
    : executor_(std::move(executor)),
      stack_file_(std::move(stack_file)),
      data_(std::move(data)),
      environment_(std::move(environment)),
      log_(log) {}

void function_parts::start() {
    begin("node", {"node", "--directory", (data_ / "node").string()});
    begin("gateway", {"gateway", "--listen", "127.0.0.1:" + std::to_string(free_http_port()), "--operate-listen",
                      "none", "--credentials", (data_ / "credentials").string()});
}

void function_parts::deploy() {
    if (gateway_url_.empty() || stopping_) return;
    parts_.erase("deploy");
    begin("deploy", with_gateway({"deploy", "-f", stack_file_.string(), "--watch"}));
}

std::vector<std::string> function_parts::handlers() const {
    std::vector<std::string> found;
    try {
        for (const auto& each : read_stack(stack_file_).functions) {
            if (each.handler.empty()) continue;
            const auto relative = fs::absolute(each.handler).lexically_relative(stack_file_.parent_path());
            if (!relative.empty() && *relative.begin() != "..") found.push_back(relative.string() + "/");
        }
    } catch (const failure&) {
        found.clear();  // `deploy` says what is wrong with it
    }
    return found;
}

std::vector<std::string> function_parts::with_gateway(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--gateway", gateway_url_, "--credentials", (data_ / "credentials").string()});
    return arguments;
}

void function_parts::begin(const std::string& name, std::vector<std::string> arguments) {
    part_options options;
    options.words = std::move(arguments);
    options.words.insert(options.words.begin(), "/proc/self/exe");
    options.directory = stack_file_.parent_path().string();
    options.environment = environment_;
    options.on_line = [this, name](std::string_view line) { take_line(name, line); };
    options.on_end = [this, name](mote::process::exit_status status) { take_end(name, status); };
    try {
        parts_.insert_or_assign(name, part::start(executor_, std::move(options)));
    } catch (const boost::system::system_error& failed) {
        log_->problem("functions: " + name + " cannot be started: " + plain_reason(failed.what()));
    }
}

void function_parts::take_line(const std::string& name, std::string_view line) {
    // A function's lines have its name already.
    const bool of_function = name.starts_with("logs ");
    log_->line(log_source::functions, of_function ? std::string(line) : name + ": " + std::string(line));
    if (name == "gateway" && gateway_url_.empty() && line.starts_with("http")) {
        gateway_url_ = line;
        deploy();
    }
    const std::string function = name == "deploy" ? deployed_function(line) : std::string();
    if (!function.empty() && !parts_.contains("logs " + function))
        begin("logs " + function, with_gateway({"logs", function, "--follow"}));
}

void function_parts::take_end(const std::string& name, const mote::process::exit_status& status) {
    // Not destroyed here: what calls this is its own.
    if (stopping_ || (status.ok() && name != "gateway" && name != "node")) return;
    const bool needed = name == "gateway" || name == "node";
    log_->problem("functions: " + name + " ended: " + description_of(status) +
                  (needed ? "; start `mote dev` again to have it back" : "; starts again when the stack file changes"));
}

asio::awaitable<void> function_parts::stop(std::chrono::milliseconds patience) {
    stopping_ = true;
    for (const auto& [name, each] : parts_) each->ask_to_end();
    asio::steady_timer pause(executor_);
    const auto limit = std::chrono::steady_clock::now() + patience;
    const auto all_ended = [&] {
        return std::ranges::all_of(parts_, [](const auto& one) { return one.second->ended().has_value(); });
    };
    while (!all_ended() && std::chrono::steady_clock::now() < limit) {
        pause.expires_after(between_looks_at_parts);
        co_await pause.async_wait(asio::use_awaitable);
    }
    parts_.clear();
}

}  // namespace mote::command
