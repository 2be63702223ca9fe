#include <mote/jetstream/context.hpp>

#include <mote/jetstream/detail/api.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

constexpr int sequence_not_found = 10043;
constexpr int delete_failed = 10057;  // for any reason; also for a message that is not there

asio::awaitable<bool> remove_message(context js, std::string stream, std::uint64_t sequence, bool overwrite) {
    boost::json::object body;
    body["seq"] = sequence;
    if (!overwrite) body["no_erase"] = true;
    std::exception_ptr refused;
    try {
        co_await detail::api_request(js, "STREAM.MSG.DELETE." + stream, boost::json::serialize(body));
    } catch (const server_error& failed) {
        const bool may_be_gone = failed.err_code() == sequence_not_found || failed.err_code() == delete_failed;
        if (!may_be_gone) throw;
        refused = std::current_exception();
    }
    if (!refused) co_return true;
    // One code has many causes: whether the message is there tells them apart.
    const auto there = co_await js.message(std::move(stream), sequence);
    if (there) std::rethrow_exception(refused);
    co_return false;
}

asio::awaitable<bool> nothing_deleted() { co_return false; }

}  // namespace

asio::awaitable<bool> context::delete_message(std::string stream, std::uint64_t sequence) const {
    detail::check_name(stream, "stream");
    if (sequence == 0) return nothing_deleted();  // sequences start at 1
    return remove_message(*this, std::move(stream), sequence, false);
}

asio::awaitable<bool> context::erase_message(std::string stream, std::uint64_t sequence) const {
    detail::check_name(stream, "stream");
    if (sequence == 0) return nothing_deleted();
    return remove_message(*this, std::move(stream), sequence, true);
}

}  // namespace mote::jetstream
