#include <mote/micro/detail/work_state.hpp>

#include <mote/micro/detail/callers.hpp>
#include <mote/micro/detail/run_call.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/detail/work_job.hpp>
#include <mote/micro/detail/worker_threads.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_held_ever = 100'000;

}  // namespace

work_state::work_state(endpoint_info info, std::string service, std::string consumer, chain way, work_options opts,
                       std::shared_ptr<const failure_log> log)
    : info_(std::move(info)),
      service_(std::move(service)),
      consumer_(std::move(consumer)),
      way_(std::move(way)),
      opts_(std::move(opts)),
      log_(std::move(log)),
      elsewhere_(opts_.executor) {
    opts_.max_tries = std::max(opts_.max_tries, 1);
    opts_.max_in_flight = std::max<std::size_t>(opts_.max_in_flight, 1);
    opts_.max_held = std::clamp(opts_.max_held, opts_.max_in_flight, most_held_ever);
    opts_.ack_wait = std::max<std::chrono::nanoseconds>(opts_.ack_wait, std::chrono::seconds(1));
    if (opts_.threads != 0 && !elsewhere_) {
        threads_ = std::make_shared<worker_threads>(opts_.threads);
        elsewhere_ = threads_->executor();
    }
    if (opts_.order) {
        if (!opts_.order.fits(info_.subject))
            throw_error(errc::bad_subject, "\"" + info_.subject + "\" has no " + opts_.order.text());
        info_.metadata["mote.order"] = opts_.order.text();
    }
    counts_.name = info_.name;
    counts_.subject = info_.subject;
}

work_state::~work_state() = default;

// ---- start and stop

void work_state::start(const nats::connection& connection) {
    connection_ = connection;
    js_ = jetstream::context(connection, opts_.jetstream);
    timer_.emplace(connection.executor());
    stopping_ = false;
    reopening_ = false;  // what still waits to open it again belongs to a start that failed
    ++starts_;
}

/// Two that take from one consumer of one stream would take from each other.
std::string work_state::queue_of(const work_options& opts, const std::string& consumer) {
    return opts.jetstream.api_prefix + " " + opts.jetstream.domain + " " + opts.stream + " " + consumer;
}

asio::awaitable<void> work_state::drain(std::chrono::nanoseconds timeout) {
    const auto self = shared_from_this();
    stopping_ = true;
    const auto js = js_;
    if (reopen_pause_ != nullptr) reopen_pause_->cancel();
    give_back();
    if (pull_) co_await pull_->stop(timeout);
    if (!pin_.empty()) co_await let_others(js);
}

asio::awaitable<bool> work_state::wait_idle(std::chrono::steady_clock::time_point deadline) {
    const auto self = shared_from_this();
    const auto executor = co_await asio::this_coro::executor;
    const auto became_idle = idle_.add(executor);
    while (!idle())
        if (!co_await became_idle->wait_until(deadline)) co_return idle();
    co_return true;
}

void work_state::release() noexcept {
    stopping_ = true;
    if (reopen_pause_ != nullptr) reopen_pause_->cancel();
    reopen_pause_.reset();
    give_back();
    pull_.reset();
    timer_.reset();
    if (idle()) {
        js_ = jetstream::context();
        connection_ = nats::connection();
    }
}

/// Work cannot be given to one instance.
void work_state::on_direct_message(const nats::message_view& message) {
    if (message.reply.empty()) return;
    nats::headers headers;
    headers.add("Nats-Service-Error", "work is shared by all instances: publish to " + info_.subject);
    headers.add("Nats-Service-Error-Code", "400");
    connection_.respond(message, {}, &headers);
}

// ---- the way of a message

void work_state::on_delivery(jetstream::delivery& delivery) {
    auto key = opts_.order ? std::string(opts_.order.key_of(delivery.message())) : std::string();
    const auto item = std::make_shared<work_item>(std::move(delivery), std::move(key));
    counts_.bytes_in += item->delivery.payload().size();
    counts_.pending = item->told.pending;
    if (item->told.delivered == 1) count_caller(counts_, item->delivery.message().headers);
    if (opts_.order) return line_up(item);
    running_.insert(item.get());
    if (yielding_) return waiting_.push_back(item);
    begin_unordered(item);
}

/// Where it was handed out and did not come back it counts as a try: whoever had it was killed, perhaps by this very message.
void work_state::begin_unordered(const std::shared_ptr<work_item>& item) {
    const auto most_tries = static_cast<std::uint64_t>(opts_.max_tries);
    const bool hopeless = item->told.delivered > most_tries * hand_outs_a_try;
    item->tries = hopeless ? item->told.delivered : std::min(item->told.delivered, most_tries);
    begin(item, hopeless);
}

void work_state::begin(const std::shared_ptr<work_item>& item, bool hopeless) {
    const auto what = std::make_shared<job>(shared_from_this(), item);
    ++counts_.in_flight;
    if (auto known = take_verdict(*item)) {  // it was counted when it was given up
        item->tries = known->tries;
        return give_up_on(what, std::move(known->reason));
    }
    ++counts_.requests;
    if (item->tries > 1) ++counts_.redelivered;
    if (hopeless) return give_up_on(what, "no end of " + std::to_string(item->tries - 1) + " tries");
    if (way_.inline_from == 0 && !elsewhere_) return run_here(what);
    const auto& home = connection_.executor();
    asio::co_spawn(elsewhere_ ? elsewhere_ : home, run_call(way_, request(std::shared_ptr<call_record>(what))),
                   asio::bind_executor(home, [self = shared_from_this(), what](const std::exception_ptr& failed) {
                       self->on_ended(what, failed);
                   }));
}

/// Where nothing waits, a coroutine would only cost time.
void work_state::run_here(const std::shared_ptr<job>& what) noexcept {
    std::exception_ptr failed;
    try {
        request req{std::shared_ptr<call_record>(what)};
        next(way_, 0)(req);
    } catch (...) {
        failed = std::current_exception();
    }
    count_slice(on_ended(what, failed));
}

/// Returns how long it took.
std::chrono::nanoseconds work_state::on_ended(const std::shared_ptr<job>& what,
                                              const std::exception_ptr& failed) noexcept {
    const auto took = clock::now() - what->started;
    counts_.processing_time += took;
    load_.add(took);
    try {
        settle(what, failed);
    } catch (const std::exception& trouble) {
        // Not sent, so it comes again after the ack wait.
        report("not settled", trouble.what());
        ended(*what);
    }
    return took;
}

void work_state::settle(const std::shared_ptr<job>& what, const std::exception_ptr& failed) {
    const auto tries = what->item->tries;
    const auto again = [&](std::string cause, std::chrono::nanoseconds delay) {
        if (tries >= static_cast<std::uint64_t>(opts_.max_tries)) return give_up_on(what, std::move(cause));
        try_again(*what, delay);
    };
    if (failed == nullptr && !what->failed) {
        what->item->delivery.ack();
        return ended(*what);
    }
    if (failed == nullptr) {
        count_failure(*what, what->status, what->refusal);
        return again(what->refusal, wait_before(tries + 1));
    }
    try {
        std::rethrow_exception(failed);
    } catch (const retry_later& later) {
        again(later.what(), later.delay());
    } catch (const give_up& never) {
        count_failure(*what, status::internal_server_error, "500:" + std::string(never.what()));
        give_up_on(what, never.what());
    } catch (const service_error& error) {
        auto text = std::to_string(error.status()) + ":" + error.description();
        count_failure(*what, error.status(), text);
        again(std::move(text), wait_before(tries + 1));
    } catch (const std::exception& error) {
        count_failure(*what, status::internal_server_error, "500:internal error");
        report("500:internal error", error.what());
        again(error.what(), wait_before(tries + 1));
    } catch (...) {
        count_failure(*what, status::internal_server_error, "500:internal error");
        report("500:internal error", "not a std::exception");
        again("not a std::exception", wait_before(tries + 1));
    }
}

/// For the statistics, and for who watches the call.
void work_state::count_failure(job& what, int status, std::string text) {
    what.failed = true;
    if (what.status == 0) what.status = status;
    ++counts_.errors;
    counts_.last_error = std::move(text);
}

void work_state::try_again(job& what, std::chrono::nanoseconds delay) {
    if (opts_.order && !stopping_) {
        wait_in_line(what.item, delay);
        return count_end();
    }
    // Where another instance goes on in order, it cannot begin anything before it has this one.
    nak(*what.item, opts_.order ? std::chrono::nanoseconds() : delay);
    ended(what);
}

void work_state::nak(work_item& item, std::chrono::nanoseconds delay) noexcept {
    try {
        item.delivery.nak(delay);
    } catch (const std::exception&) {
        report("not settled", "it comes again after the ack wait");
    }
}

void work_state::ended(job& what) noexcept {
    if (opts_.order)
        lines_.leave(*what.item);
    else
        running_.erase(what.item.get());
    count_end();
}

void work_state::count_end() noexcept {
    --counts_.in_flight;
    if (idle()) idle_.tell();
    begin_ready();
    if (pull_ || counts_.in_flight != 0) return;
    js_ = jetstream::context();
    connection_ = nats::connection();
}

std::chrono::nanoseconds work_state::wait_before(std::uint64_t next_try) const {
    if (opts_.backoff.empty()) return {};
    const auto index = std::min<std::size_t>(next_try - 2, opts_.backoff.size() - 1);
    static thread_local std::minstd_rand random{std::random_device()()};
    std::uniform_real_distribution<double> about(0.8, 1.2);
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(opts_.backoff[index].count()) * about(random)));
}

}  // namespace mote::micro::detail
