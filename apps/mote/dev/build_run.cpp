#include <apps/mote/dev/build_run.hpp>

#include <apps/mote/dev/cmake_build.hpp>
#include <apps/mote/text.hpp>

#include <boost/system/system_error.hpp>

namespace mote::command {
namespace {

constexpr std::size_t most_hidden_lines = 2000;

std::vector<std::pair<std::string, std::string>> build_environment(const project& what, bool colour) {
    std::vector<std::pair<std::string, std::string>> variables(what.environment.begin(), what.environment.end());
    // Compilers and Ninja write into a pipe, and would be without colours.
    if (colour) {
        variables.emplace_back("CLICOLOR_FORCE", "1");
        variables.emplace_back("CMAKE_COLOR_DIAGNOSTICS", "ON");
    }
    return variables;
}

}  // namespace

std::string shown_command(const words& command) {
    if (command.size() == 3 && command[0] == "/bin/sh") return command[2];
    std::string text;
    for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
    return text;
}

void build_run::start(project what, std::function<void(build_result)> on_end) {
    what_ = std::move(what);
    on_end_ = std::move(on_end);
    at_ = 0;
    stopping_ = false;
    hidden_.clear();
    if (!configured_ && !what_.binary_directory.empty()) ask_for_cmake_targets(what_.binary_directory);
    next();
}

void build_run::stop() noexcept {
    stopping_ = true;
    if (running_) running_->ask_to_end();
}

void build_run::next() {
    while (at_ < what_.build.size() && configured_ && configures(what_.build[at_])) ++at_;
    if (at_ == what_.build.size()) {
        configured_ = true;
        return end(build_result::done);
    }
    part_options options;
    options.words = what_.build[at_];
    options.directory = directory_;
    options.environment = build_environment(what_, log_->whole().colour);
    options.on_line = [this](std::string_view line) { take_line(line); };
    options.on_end = [this](mote::process::exit_status status) { take_end(status); };
    take_line("$ " + shown_command(options.words));
    try {
        running_ = part::start(executor_, std::move(options));
    } catch (const boost::system::system_error& failed) {
        take_line(plain_reason(failed.what()));
        end(build_result::failed);
    }
}

void build_run::take_line(std::string_view line) {
    if (shown_) return log_->line(log_source::build, line);
    hidden_.emplace_back(line);
    if (hidden_.size() > most_hidden_lines) hidden_.pop_front();
}

void build_run::take_end(mote::process::exit_status status) {
    running_.reset();
    if (stopping_) return end(build_result::stopped);
    if (status.ok()) {
        ++at_;
        return next();
    }
    for (const std::string& line : hidden_) log_->line(log_source::build, line);
    hidden_.clear();
    log_->problem("the build failed: " + shown_command(what_.build[at_]) + ": " + description_of(status));
    configured_ = false;
    end(build_result::failed);
}

void build_run::end(build_result result) { std::exchange(on_end_, nullptr)(result); }

}  // namespace mote::command
