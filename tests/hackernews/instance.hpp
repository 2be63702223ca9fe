#pragma once

#include <apps/hackernews/service.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hackernews::test {

/// An io_context with its thread; a test waits, with a bound, for the coroutines that it runs there.
class io_thread {
public:
    io_thread() : guard_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;
    ~io_thread() {
        context_.stop();
        thread_.join();
    }

    template <class T>
    T run(boost::asio::awaitable<T> work, std::chrono::seconds bound = std::chrono::seconds(90)) {
        std::future<T> result = boost::asio::co_spawn(context_, std::move(work), boost::asio::use_future);
        if (result.wait_for(bound) != std::future_status::ready)
            throw std::runtime_error("a coroutine of a test did not end");
        return result.get();
    }

private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::thread thread_;
};

/// What came back for a request.
struct reply {
    int status = 0;     // of a service error, else 0
    std::string error;  // its description
    std::string body;
    bool operator==(const reply&) const = default;
};
void PrintTo(const reply& each, std::ostream* out);

/// One who uses the service, on a connection and a thread of its own. Errors of the transport are thrown.
class user {
public:
    explicit user(const std::string& server_url);
    ~user();

    reply request(std::string subject, std::string payload = {},
                  std::chrono::seconds timeout = std::chrono::seconds(30));
    /// Publishes, and returns when the server has it.
    void publish(std::string subject, std::string payload);
    /// What is in the KV bucket now, by key.
    std::map<std::string, std::string> values();
    void put_value(std::string key, std::string value);
    /// How often anything was put into the bucket, the puts of keys that are gone included.
    std::uint64_t puts();
    /// Waits until the work queue is empty; false when the time is over.
    bool wait_until_processed(std::chrono::seconds timeout = std::chrono::seconds(60));
    /// Waits until the bucket has so many values; false when the time is over. After a kill a nats-server 2.9 counts wrongly
    /// what waits in a queue.
    bool wait_until_stored(std::size_t values, std::chrono::seconds timeout = std::chrono::seconds(60));
    /// The work queue refuses each id from now on.
    void refuse_ids();
    /// Names in the object store.
    std::vector<std::string> objects();
    std::string object(std::string name);
    void put_object(std::string name, std::string bytes);
    /// The reply to $SRV.STATS of the first instance that answers, or $SRV.INFO, ...
    boost::json::value ask(std::string verb);

private:
    io_thread thread_;
    mote::nats::connection connection_;
};

/// One instance of the service in this process, on a connection and a thread of its own.
class instance {
public:
    instance(const std::string& server_url, settings chosen);
    ~instance();

    /// Stops it as the program does and closes its connection.
    void stop(std::chrono::seconds timeout = std::chrono::seconds(60));

    counters counted() const;
    std::vector<std::string> log() const;
    /// Waits until the counters are so; false when the time is over. They are looked at after each finished item.
    bool wait_until(const std::function<bool(const counters&)>& condition,
                    std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
    bool wait_until_finished(std::uint64_t items) const {
        return wait_until([items](const counters& now) { return now.finished() >= items; });
    }

private:
    struct seen {
        std::mutex mutex;
        std::condition_variable changed;
        counters counted;
        std::vector<std::string> log;
    };

    std::shared_ptr<seen> seen_ = std::make_shared<seen>();
    io_thread thread_;
    mote::nats::connection connection_;
    std::unique_ptr<service> service_;
};

/// `hn_post_<id>`
std::string key_of(std::int64_t id);

}  // namespace hackernews::test
