#include <apps/mote/dev/session.hpp>

#include <apps/mote/state_directory.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds a_day = std::chrono::hours(24);
constexpr auto end_patience = std::chrono::seconds(10);
constexpr auto between_looks_at_build = std::chrono::milliseconds(20);
// So long after the end of a build the kernel may tell of what it wrote, on a machine that is busy.
constexpr auto settling = std::chrono::milliseconds(300);

fs::path whole_path(const std::string& directory) {
    std::error_code failed;
    const auto path = fs::canonical(directory, failed);
    return failed ? fs::path(directory) : path;
}

bool is_any_of(const std::string& file, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, std::string_view(file)) != names.end();
}

/// What says how to build and to run.
bool says_what_to_do(const std::string& file) {
    return is_any_of(file, {project_file_name, "CMakePresets.json", "CMakeUserPresets.json", "go.mod", "package.json"});
}

/// What a build is configured with.
bool configures_build(const std::string& file) {
    return says_what_to_do(file) || file.ends_with("CMakeLists.txt") || file.ends_with(".cmake");
}

bool is_stack_file(const std::string& file) { return is_any_of(file, {"stack.yml", "stack.yaml"}); }

}  // namespace

dev_session::dev_session(loop* running, dev_command chosen)
    : running_(running),
      chosen_(std::move(chosen)),
      log_(look_at(STDOUT_FILENO, chosen_.color),
           [this](const std::exception_ptr& cause) { cause ? fail(cause) : end(); }),
      wake_(running->executor()),
      judge_(whole_path(chosen_.directory)) {
    chosen_.directory = whole_path(chosen_.directory).string();
}

asio::awaitable<exit_code> dev_session::run() {
    co_await start();
    co_await serve();
    co_await stop();
    if (failed_) std::rethrow_exception(failed_);
    co_return exit_code::ok;
}

asio::awaitable<void> dev_session::start() {
    const auto executor = running_->executor();
    const auto& said = chosen_.server.overrides;
    if (!said.jetstream_domain.empty() || !said.jetstream_api_prefix.empty())
        throw failure(exit_code::usage,
                      "mote dev: the programs would not learn of --js-domain and --js-api-prefix; name a NATS context "
                      "that says it with --context");
    lock_ = std::make_unique<directory_lock>(chosen_.directory);
    project_ = find_project(chosen_);
    const fs::path stack = chosen_.functions ? stack_file_of(chosen_.directory) : fs::path();
    if (chosen_.functions && stack.empty())
        throw failure(exit_code::usage, chosen_.directory + ": no stack.yml; --functions deploys those that it names");
    server_ = co_await dev_server::open(running_, chosen_.server, chosen_.data, &log_);
    asio::co_spawn(executor, wait_for_interruption(), [](const std::exception_ptr&) {});
    log_.note("develops " + chosen_.directory + " (" + project_.from + ")" +
              (project_.name.empty() ? "" : ", service " + project_.name));
    if (chosen_.functions) {
        const fs::path data = chosen_.data.empty() ? default_state_directory() : fs::path(chosen_.data);
        functions_ = std::make_unique<function_parts>(executor, stack, fs::absolute(data), environment(), &log_);
        functions_->start();
    }
    sources_ = std::make_unique<source_watch>(executor, chosen_.directory, rules());
    asio::co_spawn(executor, watch_sources(), [this](const std::exception_ptr& failed) {
        if (failed) fail(failed);
    });
    build_ = std::make_unique<build_run>(executor, chosen_.directory, &log_);
    service_ = std::make_unique<service_runner>(executor, server_->connection(), chosen_.directory, &log_);
    keys_ = std::make_unique<key_input>(executor, [this](char key) { take_key(key); });
    if (keys_->active()) log_.note("keys: r restart, b build, l services, s statistics, h all keys, q quit");
    since_ = steady::now();
    want(wish::build);
}

asio::awaitable<void> dev_session::serve() {
    while (!over_) {
        act();
        co_await wake_.wait_for(a_day);
    }
}

asio::awaitable<void> dev_session::stop() {
    log_.note("ends");
    build_->stop();
    co_await service_->stop(end_patience);
    if (functions_) co_await functions_->stop(end_patience);
    asio::steady_timer pause(running_->executor());
    const auto limit = steady::now() + end_patience;
    while (build_->busy() && steady::now() < limit) {
        pause.expires_after(between_looks_at_build);
        co_await pause.async_wait(asio::use_awaitable);
    }
    build_.reset();
    server_.reset();
    keys_.reset();
}

asio::awaitable<void> dev_session::wait_for_interruption() {
    co_await running_->interrupted();
    end();
}

void dev_session::end() {
    over_ = true;
    wake_.set();
}

void dev_session::fail(const std::exception_ptr& cause) {
    if (!failed_) failed_ = cause;
    end();
}

path_rules dev_session::rules() const {
    auto ignore = project_.ignore;
    if (functions_)
        for (const std::string& handler : functions_->handlers()) ignore.push_back(handler);
    return {project_.watch, ignore};
}

asio::awaitable<void> dev_session::watch_sources() {
    for (;;) {
        auto changed = co_await sources_->changed();
        if (build_->busy()) {
            judge_.take_during_build(changed);
            continue;
        }
        if (steady::now() < settled_at_) {
            std::set<std::string> of_build;
            for (const std::string& file : changed)
                if (!is_newer_than_build(file)) of_build.insert(file);
            judge_.take_during_build(of_build);
            for (const std::string& file : of_build) changed.erase(file);
        }
        judge_.take_idle(changed);
        take_changes(changed);
    }
}

/// By the time that the file has; its clock is a few milliseconds behind.
bool dev_session::is_newer_than_build(const std::string& file) const {
    std::error_code failed;
    const auto written = fs::last_write_time(fs::path(chosen_.directory) / file, failed);
    return !failed && written > built_at_;
}

void dev_session::take_changes(const std::set<std::string>& changed) {
    if (changed.empty() || over_) return;
    if (changes_.empty()) since_ = steady::now();
    changes_.insert(changed.begin(), changed.end());
    want(wish::build);
}

void dev_session::want(wish what) {
    wish_ = std::max(wish_, what);
    wake_.set();
}

void dev_session::act() {
    if (wish_ == wish::nothing || build_->busy()) return;
    const auto what = std::exchange(wish_, wish::nothing);
    const auto changes = std::exchange(changes_, {});
    if (!changes.empty()) {
        log_.note(listed({changes.begin(), changes.end()}, 3) + " changed");
        if (functions_ && std::ranges::any_of(changes, is_stack_file)) {
            functions_->deploy();
            sources_->use(rules());
            if (std::ranges::all_of(changes, is_stack_file)) return;
        }
        if (std::ranges::any_of(changes, configures_build)) build_->forget_configuration();
        const bool usable = std::ranges::none_of(changes, says_what_to_do) || reload();
        if (!usable && changes.size() == 1) return;
    }
    if (what == wish::build)
        begin_build();
    else
        restart();
}

/// Whether what it says can be used; otherwise all stays as it was.
bool dev_session::reload() {
    try {
        project_ = find_project(chosen_);
        sources_->use(rules());
        return true;
    } catch (const failure& wrong) {
        log_.problem(std::string(wrong.what()) + "; the settings from before stay");
        return false;
    }
}

void dev_session::begin_build() {
    ++builds_;
    service_->look_around();
    build_->start(project_, [this](build_result result) { take_build(result); });
}

void dev_session::take_build(build_result result) {
    settled_at_ = steady::now() + settling;
    built_at_ = fs::file_time_type::clock::now();
    asio::co_spawn(running_->executor(), judge_build(), [](const std::exception_ptr&) {});
    if (result == build_result::done) return restart();
    if (result == build_result::failed)
        log_.note(service_->runs() ? "the version from before goes on" : "waits for a change");
    wake_.set();
}

asio::awaitable<void> dev_session::judge_build() {
    asio::steady_timer pause(running_->executor(), settling);
    co_await pause.async_wait(asio::use_awaitable);
    if (build_->busy()) co_return;  // its end will tell
    const auto verdict = judge_.after_build();
    for (const std::string& file : verdict.outputs)
        log_.problem("the build seems to write " + file +
                     " each time, and then has to run again; name it in `ignore` of mote.json");
    const auto builds = builds_;
    pause.expires_after(verdict.wait);
    co_await pause.async_wait(asio::use_awaitable);
    if (builds == builds_) take_changes(verdict.reasons);  // another build had it meanwhile
}

void dev_session::restart() {
    project what = project_;
    what.environment.clear();
    if (!find_program(what)) return;
    auto variables = environment();
    for (const auto& each : project_.environment) variables.push_back(each);
    service_->replace(std::move(what), std::move(variables), since_);
    wake_.set();
}

/// The first time nothing can be done without one.
bool dev_session::find_program(project& what) {
    if (!what.run.empty()) return true;
    const auto programs = cmake_programs(what.binary_directory);
    if (programs.size() == 1) {
        what.run = programs;
        return true;
    }
    const failure unclear(exit_code::usage, what.binary_directory + ": " +
                                                (programs.empty() ? "no program is built there"
                                                                  : "several programs: " + listed(programs)) +
                                                "; say which one with --run CMD");
    if (service_->runs())
        log_.problem(unclear.what());
    else
        fail(std::make_exception_ptr(unclear));
    return false;
}

std::vector<std::pair<std::string, std::string>> dev_session::environment() const {
    auto variables = server_->environment();
    // Python keeps what it prints to a pipe back, and a log that comes late is of no use.
    variables.emplace_back("PYTHONUNBUFFERED", "1");
    return variables;
}

exit_code run(const dev_command& chosen) {
    loop running;
    dev_session session(&running, chosen);
    return running.run(session.run());
}

}  // namespace mote::command
