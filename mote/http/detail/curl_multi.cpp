#include <mote/http/detail/curl_multi.hpp>

#include <mote/http/detail/curl_api.hpp>
#include <mote/http/error.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;

static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);

/// One socket that libcurl waits for. The socket is libcurl's: the descriptor is released, never closed, before libcurl
/// closes it, so that a number that the kernel gives out again belongs to a new watch.
struct curl_multi::watch : std::enable_shared_from_this<watch> {
    watch(curl_multi& multi, curl_socket_t number) : owner(&multi), socket(number), descriptor(multi.executor_) {}
    ~watch() { release(); }

    void want(int what) {
        interest = what;
        wait(CURL_CSELECT_IN, asio::posix::descriptor_base::wait_read);
        wait(CURL_CSELECT_OUT, asio::posix::descriptor_base::wait_write);
    }

    // A wait that libcurl is no longer interested in is left alone: it is ignored when it ends, or taken up again.
    void wait(int event, asio::posix::descriptor_base::wait_type type) {
        if ((interest & event) == 0 || (pending & event) != 0) return;
        pending |= event;
        descriptor.async_wait(type, [self = shared_from_this(), event](boost::system::error_code ended) {
            self->pending &= ~event;
            if (!ended) self->ready(event);
        });
    }

    void ready(int event) {
        if (owner == nullptr || (interest & event) == 0) return;
        const auto multi = owner->shared_from_this();
        multi->act(socket, event);
        if (owner != nullptr) want(interest);
    }

    void release() noexcept {
        owner = nullptr;
        interest = 0;
        if (!descriptor.is_open()) return;
        try {
            descriptor.release();
        } catch (...) {  // declared to throw; nothing in it does
        }
    }

    curl_multi* owner;
    curl_socket_t socket;
    int interest = 0;
    int pending = 0;
    asio::posix::stream_descriptor descriptor;
};

curl_multi::curl_multi(asio::any_io_executor executor, std::size_t max_connections, done_handler done)
    : executor_(std::move(executor)), done_(std::move(done)), timer_(executor_) {
    handle_ = curl().multi_init();
    if (handle_ == nullptr) throw_error(errc::transfer_failed, "curl_multi_init");
    const auto limit = static_cast<long>(max_connections);
    curl().multi_setopt(handle_, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
    curl().multi_setopt(handle_, CURLMOPT_MAXCONNECTS, limit);  // how many are kept: without it, four for each transfer
    curl().multi_setopt(handle_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl().multi_setopt(handle_, CURLMOPT_SOCKETFUNCTION, &curl_multi::socket_callback);
    curl().multi_setopt(handle_, CURLMOPT_SOCKETDATA, this);
    curl().multi_setopt(handle_, CURLMOPT_TIMERFUNCTION, &curl_multi::timer_callback);
    curl().multi_setopt(handle_, CURLMOPT_TIMERDATA, this);
}

curl_multi::~curl_multi() { close(); }

void curl_multi::add(CURL* easy) {
    const CURLMcode added = curl().multi_add_handle(handle_, easy);
    if (added != CURLM_OK) throw_error(errc::transfer_failed, curl().multi_strerror(added));
}

void curl_multi::remove(CURL* easy) noexcept {
    if (handle_ != nullptr) curl().multi_remove_handle(handle_, easy);
}

void curl_multi::close() noexcept {
    if (handle_ == nullptr) return;
    curl().multi_cleanup(std::exchange(handle_, nullptr));
    for (const auto& [socket, watched] : watches_) watched->release();
    watches_.clear();
    deadline_.reset();
    armed_.reset();
    try {
        timer_.cancel();
    } catch (...) {  // declared to throw; nothing in it does
    }
}

int curl_multi::socket_callback(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
    const auto multi = static_cast<curl_multi*>(self);
    if (what == CURL_POLL_REMOVE) {
        multi->forget_socket(socket);
        return 0;
    }
    try {
        multi->watch_socket(socket, what);
    } catch (...) {
        // Out of memory or of epoll entries. To report it would end every transfer; so it ends this one, by its time-out.
        multi->forget_socket(socket);
    }
    return 0;
}

int curl_multi::timer_callback(CURLM*, long timeout_ms, void* self) noexcept {
    try {
        static_cast<curl_multi*>(self)->set_timer(timeout_ms);
        return 0;
    } catch (...) {
        return -1;
    }
}

void curl_multi::watch_socket(curl_socket_t socket, int interest) {
    auto& watched = watches_[socket];
    if (!watched) {
        watched = std::make_shared<watch>(*this, socket);
        watched->descriptor.assign(socket);
    }
    watched->want(interest);
}

void curl_multi::forget_socket(curl_socket_t socket) noexcept {
    const auto found = watches_.find(socket);
    if (found == watches_.end()) return;
    if (found->second) found->second->release();
    watches_.erase(found);
}

void curl_multi::set_timer(long timeout_ms) {
    deadline_.reset();
    if (timeout_ms == 0) return kick();  // libcurl must not be called from its own callback
    if (timeout_ms > 0) {
        deadline_ = clock::now() + std::chrono::milliseconds(timeout_ms);
        if (!armed_ || *armed_ > *deadline_) arm_timer();
    } else if (armed_) {
        armed_.reset();
        timer_.cancel();
    }
}

void curl_multi::arm_timer() {
    armed_ = deadline_;
    timer_.expires_at(*armed_);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code ended) {
        if (!ended) self->timer_fired();
    });
}

void curl_multi::timer_fired() {
    if (!armed_ || *armed_ > clock::now()) return;  // was queued when the timer was set anew
    armed_.reset();
    if (!deadline_) return;
    if (*deadline_ > clock::now()) return arm_timer();
    act(CURL_SOCKET_TIMEOUT, 0);
}

void curl_multi::kick() {
    if (std::exchange(kicked_, true)) return;
    asio::post(executor_, [self = shared_from_this()] {
        self->kicked_ = false;
        self->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void curl_multi::act(curl_socket_t socket, int events) {
    if (handle_ == nullptr) return;
    if (socket == CURL_SOCKET_TIMEOUT) deadline_.reset();  // libcurl says anew what it wants next, or nothing
    int running = 0;
    curl().multi_socket_action(handle_, socket, events, &running);
    int left = 0;
    while (handle_ != nullptr) {
        const CURLMsg* message = curl().multi_info_read(handle_, &left);
        if (message == nullptr) break;
        if (message->msg != CURLMSG_DONE) continue;
        CURL* const easy = message->easy_handle;
        const CURLcode result = message->data.result;
        remove(easy);  // invalidates message
        done_(easy, result);
    }
    if (!deadline_ && armed_) {  // a timer for nothing would keep the execution context running
        armed_.reset();
        timer_.cancel();
    }
}

}  // namespace mote::http::detail
