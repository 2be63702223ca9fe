#include <mote/gateway/detail/secret_space.hpp>

#include <mote/functions/error.hpp>
#include <mote/http/exchange.hpp>
#include <mote/http/status.hpp>

#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

namespace mote::gateway::detail {

namespace asio = boost::asio;

asio::awaitable<void> check_space_of(const functions::function_store& store, const functions::secret_store& secrets,
                                     functions::secret_name name) {
    const auto still = co_await store.find_namespace(name.space);
    if (still) co_return;
    try {
        co_await secrets.remove(name);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != functions::errc::secret_not_found) throw;  // else somebody was quicker
    }
    throw http::status_error(http::status::bad_request, "namespace: there is no " + name.space);
}

asio::awaitable<void> check_no_secrets(const functions::secret_store& secrets, std::string space) {
    const auto names = co_await secrets.list(space);
    if (!names.empty())
        throw http::status_error(http::status::conflict,
                                 "namespace is not empty: " + space + ": " + std::to_string(names.size()) + " secrets");
}

asio::awaitable<void> check_still_no_secrets(const functions::function_store& store,
                                             const functions::secret_store& secrets,
                                             functions::function_namespace as_it_was) {
    std::exception_ptr taken;
    try {
        co_await check_no_secrets(secrets, as_it_was.name);
    } catch (const http::status_error&) {
        taken = std::current_exception();
    }
    if (!taken) co_return;
    try {
        co_await store.create_namespace(std::move(as_it_was));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != functions::errc::namespace_exists) throw;  // else somebody was quicker
    }
    std::rethrow_exception(taken);
}

}  // namespace mote::gateway::detail
