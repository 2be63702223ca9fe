#include <mote/micro/detail/otlp_exporter.hpp>

#include <mote/micro/detail/otlp_json.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <iterator>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr int longest_doubling = 10;

bool is_taken(const otlp_answer& answer) { return answer.status >= 200 && answer.status < 300; }

/// As OTLP says; no answer at all may be a collector that restarts.
bool may_be_tried_again(const otlp_answer& answer) {
    switch (answer.status) {
        case 0:
        case 429:
        case 502:
        case 503:
        case 504: return true;
        default: return false;
    }
}

}  // namespace

otlp_exporter::otlp_exporter(asio::any_io_executor executor, otlp_settings settings)
    : executor_(std::move(executor)), settings_(std::move(settings)) {}

void otlp_exporter::add(span ended) noexcept {
    try {
        switch (keep(std::move(ended))) {
            case added::dropped: ++dropped_; return;
            case added::waits: return;
            case added::first: return start();
            case added::full_batch:
                asio::post(executor_, [weak = weak_from_this()] {
                    const auto self = weak.lock();
                    if (self == nullptr) return;
                    if (const auto wake = self->wake_.lock()) wake->set();
                });
        }
    } catch (const std::exception&) {
        ++dropped_;  // out of memory
    }
}

otlp_exporter::added otlp_exporter::keep(span ended) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= settings_.max_waiting) return added::dropped;
    waiting_.push_back(std::move(ended));
    if (!std::exchange(sending_, true)) return added::first;
    return waiting_.size() == settings_.max_batch ? added::full_batch : added::waits;
}

void otlp_exporter::start() {
    asio::co_spawn(executor_, send_all(shared_from_this()),
                   [self = shared_from_this()](const std::exception_ptr& failed) { self->on_ended(failed); });
}

void otlp_exporter::on_ended(const std::exception_ptr& failed) noexcept {
    if (failed == nullptr) return;
    // Out of memory. The next span begins anew.
    const std::lock_guard lock(mutex_);
    dropped_ += waiting_.size();
    waiting_.clear();
    sending_ = false;
}

asio::awaitable<void> otlp_exporter::send_all(std::shared_ptr<otlp_exporter> self) {
    const auto wake = std::make_shared<nats::async_event>(co_await asio::this_coro::executor);
    self->wake_ = wake;
    do {
        const auto due = clock::now() + self->settings_.delay;
        if (!self->flushing_ && !self->has_full_batch()) co_await wake->wait_until(due);
        for (auto batch = self->take_batch(); !batch.empty(); batch = self->take_batch())
            co_await send(self, std::move(batch), wake);
    } while (!self->end_when_empty());
    if (const auto done = self->done_.lock()) done->set();
}

bool otlp_exporter::has_full_batch() {
    const std::lock_guard lock(mutex_);
    return waiting_.size() >= settings_.max_batch;
}

std::vector<span> otlp_exporter::take_batch() {
    const std::lock_guard lock(mutex_);
    const auto count = std::min(waiting_.size(), settings_.max_batch);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<span> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return batch;
}

bool otlp_exporter::end_when_empty() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) sending_ = false;
    return !sending_;
}

asio::awaitable<void> otlp_exporter::send(std::shared_ptr<otlp_exporter> self, std::vector<span> batch,
                                          std::shared_ptr<nats::async_event> wake) {
    const auto count = batch.size();
    const auto body = otlp_json(self->settings_.resource, batch);
    batch = {};  // its memory is not needed while the collector makes us wait
    for (int tries = 1;; ++tries) {
        const auto answer = co_await post_json(self->settings_.target, body, self->settings_.timeout);
        if (is_taken(answer)) {
            self->sent_ += count;
            self->losing_ = false;
            co_return;
        }
        if (!may_be_tried_again(answer) || tries >= self->settings_.max_tries || self->flushing_)
            co_return self->lose(count, answer);
        // Full batches wake it too: only a flush ends the pause.
        const auto due = clock::now() + self->pause_after(tries, answer);
        ++self->pauses_;
        while (!self->flushing_ && clock::now() < due) co_await wake->wait_until(due);
    }
}

std::chrono::nanoseconds otlp_exporter::pause_after(int tries, const otlp_answer& answer) const {
    const auto doubled = settings_.backoff * (1 << std::min(tries - 1, longest_doubling));
    const std::chrono::nanoseconds wanted = answer.retry_after ? *answer.retry_after : doubled;
    return std::min(wanted, settings_.longest_pause);
}

void otlp_exporter::lose(std::size_t spans, const otlp_answer& why) noexcept {
    dropped_ += spans;
    if (std::exchange(losing_, true) || !settings_.warn) return;
    try {
        settings_.warn(
            "spans are lost: " +
            (why.status == 0 ? why.problem : settings_.target.host_header + " answered " + std::to_string(why.status)));
    } catch (const std::exception&) {
        return;
    }
}

asio::awaitable<void> otlp_exporter::flush(std::shared_ptr<otlp_exporter> self, std::chrono::nanoseconds timeout) {
    {
        const std::lock_guard lock(self->mutex_);
        if (!self->sending_) co_return;
    }
    const auto done = std::make_shared<nats::async_event>(co_await asio::this_coro::executor);
    self->done_ = done;
    self->flushing_ = true;
    if (const auto wake = self->wake_.lock()) wake->set();
    const auto deadline = clock::now() + timeout;
    co_await done->wait_until(deadline);
    self->flushing_ = false;
}

}  // namespace mote::micro::detail
