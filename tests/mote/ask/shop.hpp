#pragma once

#include <tests/micro/hosted_service.hpp>
#include <tests/mote/command.hpp>
#include <tests/mote/soon.hpp>

#include <mote/micro/stream.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace mote::test {

/// What the handlers of a shop saw; read by the test while they run.
struct shop_log {
    std::atomic<int> prices{0};         // questions for a price
    std::atomic<int> endless_alive{0};  // coroutines of `endless` that have begun and are not destroyed
    std::atomic<bool> slow{false};      // `price` answers only after a second
};

/// An instance of the service Shop, typed, as a user of the library writes it:
///
/// - `order`: a structure with all kinds of members; answers what it understood, as JSON
/// - `find`: a structure whose members are all optional; answers it
/// - `price`: a text, no JSON; 404 for what there is not
/// - `who`: nothing; answers the name of the instance
/// - `count`: an integer; a stream of the numbers to it, 400 when it is negative
/// - `broken`: two items, then the error 507
/// - `endless`: a stream without an end
class shop {
public:
    explicit shop(const nats_server& server, std::string name = "one", std::string version = "1.0.0");

    shop_log& log() const noexcept { return *log_; }
    std::string id();

private:
    std::shared_ptr<shop_log> log_ = std::make_shared<shop_log>();
    hosted_service service_;
};

/// A server with a shop on it.
class shop_live : public command_live {
protected:
    void SetUp() override {
        command_live::SetUp();
        if (server) first.emplace(*server);
    }

    std::optional<shop> first;
};

}  // namespace mote::test
