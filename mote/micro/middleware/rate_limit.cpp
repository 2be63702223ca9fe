#include <mote/micro/middleware/rate_limit.hpp>

#include <mote/micro/detail/lru_map.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/info.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace mote::micro {
namespace {

using time_point = std::chrono::steady_clock::time_point;

constexpr std::size_t longest_key = 256;
constexpr double longest_wait = 1e9;  // seconds

/// The buckets of one middleware. Any thread: endpoints may run on several.
class limiter {
public:
    limiter(double per_second, std::size_t burst, rate_limit_options opts)
        : per_second_(per_second), burst_(static_cast<double>(burst)), opts_(std::move(opts)) {}

    void check(request& req) {
        auto key = opts_.key ? opts_.key(req) : req.endpoint().subject;
        if (key.size() > longest_key) key.resize(longest_key);
        const auto now = opts_.clock ? opts_.clock() : std::chrono::steady_clock::now();
        const auto wait = take(std::move(key), now);
        if (wait == 0) return;
        nats::headers headers;
        headers.add("Retry-After", std::to_string(wait));
        req.respond_error(detail::status::too_many_requests, "too many requests", {}, headers);
    }

private:
    struct bucket {
        double tokens;
        time_point filled;
    };

    /// 0, or after how many seconds there will be a token.
    std::int64_t take(std::string key, time_point now) {
        const std::lock_guard lock(mutex_);
        auto* known = buckets_.find(key);
        if (known == nullptr) {
            while (buckets_.size() >= std::max<std::size_t>(opts_.max_keys, 1)) buckets_.drop_oldest();
            known = &buckets_.add(std::move(key), {burst_, now});
        }
        const auto passed = std::max(0.0, std::chrono::duration<double>(now - known->filled).count());
        known->tokens = std::min(burst_, known->tokens + passed * per_second_);
        known->filled = std::max(now, known->filled);
        if (known->tokens >= 1) {
            known->tokens -= 1;
            return 0;
        }
        const auto wait = std::ceil((1 - known->tokens) / per_second_);
        return static_cast<std::int64_t>(std::clamp(wait, 1.0, longest_wait));
    }

    const double per_second_;
    const double burst_;
    const rate_limit_options opts_;
    std::mutex mutex_;
    detail::lru_map<bucket> buckets_;
};

}  // namespace

middleware rate_limit(double per_second, std::size_t burst, rate_limit_options opts) {
    if (!(per_second > 0) || burst == 0) throw std::invalid_argument("rate_limit needs a rate and a burst above 0");
    const auto limits = std::make_shared<limiter>(per_second, burst, std::move(opts));
    return before([limits](request& req) { limits->check(req); });
}

}  // namespace mote::micro
