#include <mote/http/detail/engine.hpp>

#include <mote/http/detail/curl_api.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds max_backoff(30'000);

std::string trusted_certificates(const client_options& options) {
    if (!options.ca_file.empty()) return options.ca_file;
    if (const char* named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0') return named;
    // Said aloud when it is there, because libcurl would otherwise look into the CA directory as well: see set_security.
    const char* const built_in = curl().version_info(CURLVERSION_NOW)->cainfo;
    return built_in != nullptr && ::access(built_in, R_OK) == 0 ? built_in : "";
}

transfer_settings settings_of(client_options options) {
    // libcurl takes an int and means "no limit" by 0.
    options.max_connections = std::clamp<std::size_t>(options.max_connections, 1, 1'000'000);
    if (options.user_agent.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos)
        throw_error(errc::bad_request, "user_agent has a line break or a zero byte");
    return {std::move(options)};
}

}  // namespace

engine::engine(asio::any_io_executor executor, client_options options)
    : executor_(std::move(executor)), settings_(settings_of(std::move(options))), chance_(std::random_device{}()) {}

engine::~engine() { close(); }

void engine::set_stage(exchange& guest, stage next) noexcept {
    if (guest.where() != stage::fresh) --counts_[static_cast<std::size_t>(guest.where())];
    if (next != stage::fresh) ++counts_[static_cast<std::size_t>(next)];
    if (guest.is_linked()) guest.unlink();
    guest.go_to(next);
}

void engine::enter(exchange& guest) {
    const auto& options = settings_.options;
    if (closed_) {
        guest.fail(errc::closed, "the client is closed");
        guest.take();
    }
    const std::size_t present = in_flight() + waiting();
    if (present >= options.max_connections && present - options.max_connections >= options.max_waiting) {
        guest.fail(errc::waiting_line_full, std::to_string(waiting()) + " requests wait already");
        guest.take();
    }
    set_stage(guest, stage::waiting);
    line_.push_back(guest);
    start_next();
}

void engine::leave(exchange& guest) noexcept {
    if (guest.where() == stage::running) {
        multi_->remove(guest.easy());
        recycle(guest.release_easy());
    }
    set_stage(guest, stage::fresh);
    start_next();
}

std::chrono::nanoseconds engine::rest(exchange& guest, unsigned retry) {
    if (closed_) {
        guest.fail(errc::closed, "the client was closed");
        return {};
    }
    set_stage(guest, stage::resting);
    resting_.push_back(guest);
    auto delay = std::clamp(settings_.options.retry_backoff, std::chrono::milliseconds(0), max_backoff);
    for (unsigned doubled = 0; doubled < retry && delay < max_backoff; ++doubled) delay *= 2;
    std::uniform_real_distribution<double> factor(0.5, 1.5);
    const std::chrono::duration<double, std::milli> chosen = std::min(delay, max_backoff) * factor(chance_);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(chosen);
}

void engine::try_again(exchange& guest) {
    ++retried_;
    set_stage(guest, stage::waiting);
    line_.push_front(guest);
    start_next();
}

void engine::start_next() noexcept {
    while (!closed_ && !line_.empty() && in_flight() < settings_.options.max_connections) start(line_.front());
}

// Not when the client is made: many a client of a process that waits for work sends nothing, and needs no libcurl.
void engine::prepare() {
    if (multi_) return;
    settings_.ca_file = trusted_certificates(settings_.options);
    multi_ = std::make_shared<curl_multi>(executor_, settings_.options.max_connections,
                                          [this](CURL* easy, CURLcode result) { ended(easy, result); });
}

void engine::start(exchange& guest) noexcept {
    set_stage(guest, stage::running);
    running_.push_back(guest);
    try {
        prepare();
        easy_handle easy;
        if (idle_.empty()) {
            easy.reset(curl().easy_init());
            if (!easy) throw_error(errc::transfer_failed, "curl_easy_init");
        } else {
            easy = std::move(idle_.back());
            idle_.pop_back();
        }
        guest.prepare(std::move(easy));
        multi_->add(guest.easy());
    } catch (const std::exception& error) {
        guest.fail(errc::transfer_failed, error.what());
        finish(guest);
    }
}

void engine::ended(CURL* easy, CURLcode result) {
    auto& guest = exchange::of(easy);
    guest.conclude(result);
    finish(guest);
    start_next();
}

void engine::finish(exchange& guest) noexcept {
    recycle(guest.release_easy());
    set_stage(guest, stage::done);
    guest.wake();
}

void engine::recycle(easy_handle easy) noexcept {
    if (!easy || closed_) return;
    curl().easy_reset(easy.get());
    try {
        idle_.push_back(std::move(easy));
    } catch (...) {  // then it is freed
    }
}

void engine::close() noexcept {
    if (std::exchange(closed_, true)) return;
    for (auto* list : {&line_, &running_, &resting_}) {
        while (!list->empty()) {
            auto& guest = list->front();
            if (guest.where() == stage::running) multi_->remove(guest.easy());
            guest.fail(errc::closed, "the client was closed");
            finish(guest);
        }
    }
    idle_.clear();
    if (multi_) multi_->close();
}

}  // namespace mote::http::detail
