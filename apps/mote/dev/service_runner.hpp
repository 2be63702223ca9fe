#pragma once

#include <apps/mote/dev/log_stream.hpp>
#include <apps/mote/dev/part.hpp>
#include <apps/mote/dev/project.hpp>
#include <apps/mote/dev/roster.hpp>

#include <mote/nats/connection.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// Runs the program of a project, and replaces it without a request that fails: the new one is started beside the old one, and
/// the old one drained (SIGTERM) when the new one answers on the NATS server. One that crashes is started again, after a wait
/// that grows from 0.25 to 10 s. All members on the executor, whose last turn it has to outlive.
class service_runner {
public:
    service_runner(boost::asio::any_io_executor executor, nats::connection connection, std::string directory,
                   log_stream* log);
    service_runner(const service_runner&) = delete;
    service_runner& operator=(const service_runner&) = delete;
    ~service_runner();

    /// Starts a new version. One that is being started has 5 s to show that it serves, and is given up otherwise.
    void replace(project what, std::vector<std::pair<std::string, std::string>> environment,
                 std::chrono::steady_clock::time_point since);
    /// Asks who is there: the more time they have to answer before `replace`, the surer it is who is new then.
    void look_around() noexcept { roster_.ask(); }
    bool runs() const noexcept { return current_ != nullptr || coming_ != nullptr; }

    /// Asks all versions to end, and kills what has not ended after `patience`.
    boost::asio::awaitable<void> stop(std::chrono::milliseconds patience);

private:
    struct instance;
    using instance_ptr = std::shared_ptr<instance>;

    void begin();
    bool is_awaited(const instance& fresh) const noexcept;
    boost::asio::awaitable<void> bring_up(std::uint64_t number);
    boost::asio::awaitable<void> let_it_show(instance_ptr earlier);
    instance_ptr one_given_up() const;
    boost::asio::awaitable<void> end_of(instance_ptr given_up, std::chrono::milliseconds patience);
    instance_ptr start_instance();
    boost::asio::awaitable<bool> wait_until_it_serves(instance_ptr fresh, std::set<std::string> others);
    boost::asio::awaitable<void> wait_for_endpoints(instance_ptr fresh);
    void promote(const instance_ptr& fresh, bool answered);
    void drain(const instance_ptr& old);
    void take_end(const instance_ptr& ended, const mote::process::exit_status& status);
    void restart_later();

    boost::asio::any_io_executor executor_;
    nats::connection connection_;
    roster roster_;
    std::string directory_;
    log_stream* log_;
    project what_{};
    std::vector<std::pair<std::string, std::string>> environment_{};
    std::vector<instance_ptr> all_{};
    instance_ptr current_{};  // that served last
    instance_ptr coming_{};
    std::uint64_t number_ = 0;  // of the version that is wanted
    std::chrono::steady_clock::time_point since_{};
    unsigned crashes_ = 0;  // in a row
    boost::asio::steady_timer again_;
    bool stopping_ = false;
};

}  // namespace mote::command
