#pragma once

#include <apps/hackernews/post.hpp>
#include <apps/hackernews/service.hpp>

#include <mote/http/client.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace hackernews {

inline constexpr std::size_t max_ids = 1000;  // the API lists 500

/// The Hacker News API. Throws a 502 service_error that says what the API answered, or why it could not be asked.
class source {
public:
    source(boost::asio::any_io_executor executor, const settings& chosen);

    /// The ids of the top stories, best first; of a longer list the first max_ids.
    boost::asio::awaitable<std::vector<item_id>> top_stories();
    boost::asio::awaitable<std::variant<post, skip_reason>> item(item_id id);
    /// Ends the requests that are going on.
    void close();

private:
    /// The body of a 200; `what` is how errors name it.
    boost::asio::awaitable<std::string> get(std::string path, std::string what);

    std::string api_;
    mote::http::client client_;
};

}  // namespace hackernews
