#include <mote/micro/middleware/recover.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace mote::micro {
namespace {

using function_type = std::function<void(request&, std::exception_ptr)>;

boost::asio::awaitable<void> run_recovered(std::shared_ptr<const function_type> function, request* req, next rest) {
    std::exception_ptr thrown;
    try {
        co_await rest.rest(*req);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown != nullptr) (*function)(*req, thrown);
}

}  // namespace

middleware recover(function_type function) {
    if (!function) throw std::invalid_argument("recover needs a function");
    const auto kept = std::make_shared<const function_type>(std::move(function));
    return {[kept](request& req, next rest) {
                try {
                    rest(req);
                } catch (...) {
                    (*kept)(req, std::current_exception());
                }
            },
            [kept](request& req, next rest) { return run_recovered(kept, &req, rest); }};
}

}  // namespace mote::micro
