#include <apps/mote/dev/service_runner.hpp>

#include <apps/mote/text.hpp>

#include <mote/micro/discovery.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

constexpr auto drain_patience = std::chrono::seconds(30);
constexpr auto longest_silence = std::chrono::seconds(30);  // of a new version beside an old one
constexpr auto look_around_time = std::chrono::milliseconds(30);
constexpr auto start_patience = std::chrono::seconds(5);
constexpr auto name_patience = std::chrono::seconds(1);
constexpr auto answer_patience = std::chrono::milliseconds(250);  // of those who hang nobody hears
constexpr auto between_looks = std::chrono::milliseconds(15);
constexpr auto between_later_looks = std::chrono::milliseconds(250);
constexpr int looks_at_endpoints = 3;  // that tell the same: then they are all
constexpr auto first_wait = std::chrono::milliseconds(250);
constexpr auto longest_wait = std::chrono::seconds(10);
constexpr auto long_life = std::chrono::seconds(10);  // what lived so long did not crash in a row
constexpr unsigned most_doublings = 6;

micro::discovery_options question(const std::string& name, const std::string& id) {
    micro::discovery_options options;
    options.name = name;
    options.id = id;
    options.timeout = answer_patience;
    options.stall = std::chrono::milliseconds(20);
    return options;
}

/// The subjects of one instance.
asio::awaitable<std::set<std::string>> subjects_of(nats::connection connection, micro::service_info whose) {
    std::set<std::string> found;
    const auto options = question(whose.name, whose.id);
    micro::discovery services(connection);
    try {
        const auto replies = co_await services.info(options);
        for (const auto& each : replies)
            if (each.id == whose.id)
                for (const auto& endpoint : each.endpoints) found.insert(endpoint.subject);
    } catch (const boost::system::system_error&) {
        found.clear();
    }
    co_return found;
}

}  // namespace

/// One version that runs, or has run.
struct service_runner::instance {
    std::unique_ptr<part> process{};
    steady::time_point started = steady::now();
    std::optional<steady::time_point> drained_since{};
    micro::service_info service{};     // name and id, once it answered
    std::set<std::string> subjects{};  // once it served
    bool given_up = false;             // replaced before it served
    bool ended = false;
};

service_runner::service_runner(asio::any_io_executor executor, nats::connection connection, std::string directory,
                               log_stream* log)
    : executor_(executor),
      connection_(std::move(connection)),
      roster_(connection_),
      directory_(std::move(directory)),
      log_(log),
      again_(executor) {}

service_runner::~service_runner() {
    for (const auto& each : all_) each->process.reset();
}

void service_runner::replace(project what, std::vector<std::pair<std::string, std::string>> environment,
                             steady::time_point since) {
    what_ = std::move(what);
    environment_ = std::move(environment);
    since_ = since;
    crashes_ = 0;
    begin();
}

void service_runner::begin() {
    again_.cancel();
    if (!stopping_) asio::co_spawn(executor_, bring_up(++number_), [](const std::exception_ptr&) {});
}

bool service_runner::is_awaited(const instance& fresh) const noexcept {
    return !fresh.ended && !fresh.given_up && !stopping_;
}

asio::awaitable<void> service_runner::bring_up(std::uint64_t number) {
    if (coming_) co_await let_it_show(coming_);
    for (;;) {
        const auto given_up = one_given_up();
        if (!given_up) break;
        co_await end_of(given_up, drain_patience);
    }
    if (number != number_ || stopping_) co_return;
    // Who is not there now, and then is, is the new one.
    roster_.ask();
    asio::steady_timer pause(executor_, look_around_time);
    co_await pause.async_wait(asio::use_awaitable);
    if (number != number_ || stopping_) co_return;
    std::set<std::string> others;
    for (const auto& [id, name] : roster_.seen()) others.insert(id);
    again_.cancel();
    const auto fresh = coming_ = start_instance();
    if (!fresh) co_return;
    const bool answered = co_await wait_until_it_serves(fresh, others);
    if (answered) co_await wait_for_endpoints(fresh);
    if (is_awaited(*fresh)) promote(fresh, answered);
}

/// One that is being started may serve already: it has a moment until that is known. What serves nobody by then ends before
/// its successor starts: it may be no service, and hold what there is only once, such as a port.
asio::awaitable<void> service_runner::let_it_show(instance_ptr earlier) {
    asio::steady_timer pause(executor_);
    const auto patience = [&]() -> steady::duration {
        return earlier->service.id.empty() ? start_patience : longest_silence;  // what has answered will serve
    };
    while (coming_ == earlier && !stopping_ && steady::now() - earlier->started < patience()) {
        pause.expires_after(between_looks);
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (coming_ != earlier || stopping_) co_return;
    coming_ = nullptr;
    earlier->given_up = true;
}

service_runner::instance_ptr service_runner::one_given_up() const {
    const auto found = std::ranges::find_if(all_, [](const instance_ptr& each) { return each->given_up; });
    return found == all_.end() ? nullptr : *found;
}

/// SIGTERM, and SIGKILL when that was not enough.
asio::awaitable<void> service_runner::end_of(instance_ptr given_up, std::chrono::milliseconds patience) {
    asio::steady_timer pause(executor_);
    const auto limit = steady::now() + patience;
    given_up->process->ask_to_end();
    bool killed = false;
    while (!given_up->ended) {
        pause.expires_after(between_looks);
        co_await pause.async_wait(asio::use_awaitable);
        if (!killed && !given_up->ended && steady::now() > limit) {
            given_up->process->kill();
            killed = true;
        }
    }
}

service_runner::instance_ptr service_runner::start_instance() {
    auto fresh = std::make_shared<instance>();
    part_options options;
    options.words = what_.run;
    options.directory = directory_;
    options.environment = environment_;
    options.on_line = [this](std::string_view line) { log_->line(log_source::service, line); };
    options.on_end = [this, weak = std::weak_ptr(fresh)](mote::process::exit_status status) {
        if (const auto ended = weak.lock()) take_end(ended, status);
    };
    try {
        fresh->process = part::start(executor_, std::move(options));
    } catch (const boost::system::system_error& failed) {
        log_->problem("the program cannot be started: " + plain_reason(failed.what()));
        return nullptr;
    }
    all_.push_back(fresh);
    return fresh;
}

/// False when it is awaited no more, and when it was silent too long while an old one waits to be replaced.
asio::awaitable<bool> service_runner::wait_until_it_serves(instance_ptr fresh, std::set<std::string> others) {
    asio::steady_timer pause(executor_);
    const auto begin = steady::now();
    for (;;) {
        roster_.ask();
        const auto waited = steady::now() - begin;
        const bool late = waited > longest_silence;
        pause.expires_after(waited > start_patience ? between_later_looks : between_looks);
        co_await pause.async_wait(asio::use_awaitable);
        if (!is_awaited(*fresh)) co_return false;
        // One of another name is the right one, too, when there is no other.
        for (const auto& [id, name] : roster_.seen()) {
            if (others.contains(id) || (name != what_.name && !what_.name.empty() && waited < name_patience)) continue;
            fresh->service.id = id;
            fresh->service.name = name;
            if (name == what_.name) break;
        }
        if (!fresh->service.id.empty()) co_return true;
        if (late && current_) co_return false;
    }
}

/// A service may answer before all its endpoints are there.
asio::awaitable<void> service_runner::wait_for_endpoints(instance_ptr fresh) {
    asio::steady_timer pause(executor_);
    for (int same = 0; same < looks_at_endpoints;) {
        const auto subjects = co_await subjects_of(connection_, fresh->service);
        if (!is_awaited(*fresh)) co_return;
        same = subjects == fresh->subjects ? same + 1 : 0;
        fresh->subjects = subjects;
        if (current_ && !subjects.empty() && subjects == current_->subjects) co_return;
        pause.expires_after(between_looks);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

void service_runner::promote(const instance_ptr& fresh, bool answered) {
    const auto old = std::exchange(current_, fresh);
    coming_ = nullptr;
    const std::string time = readable(std::chrono::round<std::chrono::milliseconds>(steady::now() - since_));
    if (answered) {
        log_->note((old ? "the new version of " : "") + fresh->service.name + " serves, " +
                   counted(fresh->subjects.size(), "endpoint") + ", after " + time);
    } else {
        log_->problem("the new version does not answer as a service" +
                      (what_.name.empty() ? std::string() : " named " + what_.name) +
                      "; it replaces the old one all the same");
    }
    if (old) drain(old);
}

/// Kills it when it does not end within its time.
void service_runner::drain(const instance_ptr& old) {
    old->drained_since = steady::now();
    old->process->ask_to_end();
    const auto over = std::make_shared<asio::steady_timer>(executor_, drain_patience);
    over->async_wait([over, this, weak = std::weak_ptr(old)](const boost::system::error_code& failed) {
        const auto late = weak.lock();
        if (failed || !late || late->ended) return;
        log_->problem("the old version did not end within " + readable(drain_patience) + "; it is killed");
        late->process->kill();
    });
}

void service_runner::take_end(const instance_ptr& ended, const mote::process::exit_status& status) {
    ended->ended = true;
    std::erase(all_, ended);
    if (stopping_ || ended->given_up) return;
    const std::string how = description_of(status);
    if (ended->drained_since) {
        if (!status.ok()) log_->problem("the old version ended with " + how);
        return;
    }
    if (ended == coming_) {
        coming_ = nullptr;
        if (current_) return log_->problem("the new version ended before it served: " + how + "; the old one goes on");
    }
    if (ended == current_) current_ = nullptr;
    if (coming_) return log_->problem("the program ended: " + how);
    if (status.ok()) return log_->note("the program ended by itself: " + how + "; starts it again at the next change");
    if (steady::now() - ended->started > long_life) crashes_ = 0;
    const auto wait = std::min<steady::duration>(first_wait * (1U << std::min(crashes_, most_doublings)), longest_wait);
    ++crashes_;
    log_->problem("the program crashed: " + how + "; starts it again in " + readable(wait) + ", or at the next change");
    again_.expires_after(wait);
    restart_later();
}

void service_runner::restart_later() {
    again_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled || stopping_) return;
        since_ = steady::now();
        begin();
    });
}

asio::awaitable<void> service_runner::stop(std::chrono::milliseconds patience) {
    stopping_ = true;
    again_.cancel();
    for (const auto& each : all_) each->process->ask_to_end();
    asio::steady_timer pause(executor_);
    const auto limit = steady::now() + patience;
    while (!all_.empty() && steady::now() < limit) {
        pause.expires_after(between_looks);
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (!all_.empty()) log_->problem("the program did not end within " + readable(patience) + "; it is killed");
    for (const auto& each : all_) {
        each->ended = true;
        each->process.reset();
    }
    all_.clear();
}

}  // namespace mote::command
