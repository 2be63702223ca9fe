#include <apps/mote/data/jetstream_access.hpp>
#include <apps/mote/data/missing.hpp>
#include <apps/mote/data/object_actions.hpp>

#include <mote/objects/error.hpp>

#include <boost/system/system_error.hpp>

#include <optional>

namespace mote::command {
namespace {

namespace asio = boost::asio;

asio::awaitable<exit_code> one_of(object_command chosen, loop* running, jetstream::context js) {
    switch (chosen.action) {
        case object_action::list:
            if (chosen.store.empty()) co_return co_await list_stores(chosen, js);
            co_return co_await list_objects(chosen, js);
        case object_action::get: co_return co_await get_object(chosen, js);
        case object_action::put: co_return co_await put_object(chosen, running, js);
        case object_action::del: co_return co_await delete_object(chosen, js);
        case object_action::info: break;
    }
    co_return co_await show_object(chosen, js);
}

/// An object that is not there is told with the names that are like it.
asio::awaitable<exit_code> object_of(object_command chosen, loop* running, jetstream::context js) {
    try {
        co_return co_await one_of(chosen, running, js);
    } catch (const boost::system::system_error& error) {
        if (error.code() != objects::errc::object_not_found) throw;
    }
    const auto store = co_await open_store(js, chosen.store);
    const auto told = co_await no_such_object(store, chosen.name);
    throw told;
}

}  // namespace

exit_code run(const object_command& chosen) { return run_with_jetstream(chosen, object_of); }

}  // namespace mote::command
