#pragma once

#include <apps/mote/dev/build_run.hpp>
#include <apps/mote/dev/change_judge.hpp>
#include <apps/mote/dev/cmake_build.hpp>
#include <apps/mote/dev/commands.hpp>
#include <apps/mote/dev/dev_server.hpp>
#include <apps/mote/dev/directory_lock.hpp>
#include <apps/mote/dev/function_parts.hpp>
#include <apps/mote/dev/key_input.hpp>
#include <apps/mote/dev/log_stream.hpp>
#include <apps/mote/dev/project.hpp>
#include <apps/mote/dev/service_runner.hpp>
#include <apps/mote/dev/source_watch.hpp>
#include <apps/mote/loop.hpp>

#include <mote/nats/async_event.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// One `mote dev`: waits for what happens (a save, a key, the end of a build), and has done what follows from it. It has to
/// outlive the last turn of the loop.
class dev_session {
public:
    dev_session(loop* running, dev_command chosen);
    boost::asio::awaitable<exit_code> run();

private:
    enum class wish { nothing, restart, build };

    boost::asio::awaitable<void> start();
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> stop();
    boost::asio::awaitable<void> watch_sources();
    boost::asio::awaitable<void> wait_for_interruption();

    void take_changes(const std::set<std::string>& changed);
    path_rules rules() const;
    bool reload();
    void want(wish what);
    void act();
    void end();
    void fail(const std::exception_ptr& cause);
    void begin_build();
    void take_build(build_result result);
    boost::asio::awaitable<void> judge_build();
    bool is_newer_than_build(const std::string& file) const;
    void restart();
    bool find_program(project& what);
    void take_key(char key);
    boost::asio::awaitable<void> show(bool statistics);
    std::vector<std::pair<std::string, std::string>> environment() const;

    loop* running_;
    dev_command chosen_;
    log_stream log_;
    nats::async_event wake_;
    bool over_ = false;
    wish wish_ = wish::nothing;
    std::set<std::string> changes_{};  // that nothing was done about yet
    change_judge judge_;
    std::exception_ptr failed_{};
    std::chrono::steady_clock::time_point settled_at_{};  // what comes before may be of the last build
    std::filesystem::file_time_type built_at_{};
    std::uint64_t builds_ = 0;
    std::chrono::steady_clock::time_point since_{};  // the change that is being dealt with

    std::unique_ptr<directory_lock> lock_{};
    project project_{};
    std::unique_ptr<dev_server> server_{};
    std::unique_ptr<build_run> build_{};
    std::unique_ptr<service_runner> service_{};
    std::unique_ptr<function_parts> functions_{};
    std::unique_ptr<source_watch> sources_{};
    std::unique_ptr<key_input> keys_{};
};

}  // namespace mote::command
