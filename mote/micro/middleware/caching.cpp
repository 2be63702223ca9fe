#include <mote/micro/middleware/caching.hpp>

#include <mote/micro/call_watch.hpp>
#include <mote/micro/detail/lru_map.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/info.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace mote::micro {
namespace {

using time_point = std::chrono::steady_clock::time_point;

constexpr std::size_t entry_overhead = 128;  // about what the containers take for one

struct reply {
    std::string payload;
    nats::headers headers;
    time_point good_until;
    std::size_t bytes;
};
using shared_reply = std::shared_ptr<const reply>;

std::size_t size_of(std::string_view key, std::string_view payload, const nats::headers& headers) {
    auto bytes = entry_overhead + key.size() + payload.size();
    bytes += headers.lines().size();
    return bytes;
}

/// The replies of one middleware. Any thread: endpoints may run on several.
class reply_cache {
public:
    explicit reply_cache(caching_options opts) : opts_(std::move(opts)) {}

    std::optional<std::string> key_of(const request& req) const {
        auto key = req.endpoint().subject;
        key += '\n';  // no subject has one
        if (opts_.key) {
            const auto own = opts_.key(req);
            if (!own) return std::nullopt;
            return key + *own;
        }
        return key.append(req.subject()).append("\n").append(req.data());
    }

    shared_reply find(std::string_view key) {
        const auto now = this->now();
        const std::lock_guard lock(mutex_);
        const auto* const found = replies_.find(key);
        if (found == nullptr) return nullptr;
        if ((*found)->good_until > now) return *found;
        forget(key, **found);
        return nullptr;
    }

    void keep(std::string key, std::string_view payload, const nats::headers& headers) {
        const auto bytes = size_of(key, payload, headers);
        if (bytes > opts_.max_bytes || opts_.max_entries == 0) return;
        const reply made{std::string(payload), headers, now() + opts_.ttl, bytes};
        auto kept = std::make_shared<const reply>(made);
        const std::lock_guard lock(mutex_);
        if (const auto* const old = replies_.find(key)) forget(key, **old);
        while (replies_.size() >= opts_.max_entries || bytes_ + bytes > opts_.max_bytes) {
            bytes_ -= replies_.oldest().second->bytes;
            replies_.drop_oldest();
        }
        replies_.add(std::move(key), std::move(kept));
        bytes_ += bytes;
    }

private:
    time_point now() const { return opts_.clock ? opts_.clock() : std::chrono::steady_clock::now(); }
    void forget(std::string_view key, const reply& old) {
        bytes_ -= old.bytes;
        replies_.erase(key);
    }

    const caching_options opts_;
    std::mutex mutex_;
    detail::lru_map<shared_reply> replies_;
    std::size_t bytes_ = 0;
};

void answer(request& req, const reply& known) {
    if (known.headers.empty()) return req.respond(known.payload);
    req.respond(known.payload, known.headers);
}

/// What one call has answered so far.
struct seen_answer {
    int count = 0;
    std::string payload;
    nats::headers headers;
};

void keep_answer(request& req, const std::shared_ptr<reply_cache>& cache, std::string key) {
    const auto seen = std::make_shared<seen_answer>();
    on_answer(req, [seen](std::string_view payload, const nats::headers& headers) {
        if (seen->count++ != 0) return;
        seen->payload = payload;
        seen->headers = headers;
    });
    at_end(req, [cache, seen, key = std::move(key)](const call_end& ended) mutable {
        const bool only_reply = seen->count == 1 && !ended.failed && !ended.streamed;
        if (only_reply && ended.status == detail::status::ok) cache->keep(std::move(key), seen->payload, seen->headers);
    });
}

}  // namespace

middleware caching(caching_options opts) {
    const auto cache = std::make_shared<reply_cache>(std::move(opts));
    return before([cache](request& req) {
        auto key = cache->key_of(req);
        if (!key) return;
        if (const auto known = cache->find(*key)) return answer(req, *known);
        keep_answer(req, cache, std::move(*key));
    });
}

}  // namespace mote::micro
