#pragma once

#include <mote/functions/bundle_archive.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions::detail {

enum class node_kind { directory, file, link };

/// What a bundle has in it: names, kinds and where links lead, without a file system. All rules of names and links are
/// here, for packing and unpacking alike; each breach throws `errc::bad_bundle` with the entry.
class bundle_tree {
public:
    explicit bundle_tree(const bundle_limits& limits);

    /// The path as parts joined by one `/`, without `.`; empty for the root. Refuses absolute ones, `..`, control
    /// characters, what is not UTF-8, and what is too long or too deep.
    std::string checked_path(std::string_view path) const;

    /// Adds an entry under a checked path, and the directories that it needs. Refuses one that is there (but a directory
    /// again), one under a file or a link, and one too many.
    void add(std::string_view path, node_kind kind, std::string_view target = {});
    bool is_file(std::string_view path) const;
    /// Entries, without the root.
    std::size_t size() const noexcept { return nodes_.size() - 1; }

    /// Refuses links that leave the bundle, whatever links they lead over, and those that go in circles. A link to what is
    /// not there may stay, as long as its way is inside.
    void check_links() const;

    /// Each entry, sorted, directories before what is in them.
    void for_each(const std::function<void(std::string_view path, node_kind kind, std::string_view target)>& see) const;

private:
    struct node {
        node_kind kind = node_kind::directory;
        std::size_t parent = 0;
        std::string name{};
        std::string target{};
        std::map<std::string, std::size_t, std::less<>> children{};
    };
    /// Where a link leads: a node, and so many names below it that are not there.
    struct place {
        std::size_t at = 0;
        std::size_t missing = 0;
        std::size_t links = 0;  // over so many
    };
    struct walk;

    std::size_t find(std::string_view path) const;  // or npos
    std::string path_of(std::size_t at) const;
    std::size_t add_node(std::size_t parent, std::string_view name, std::string_view path);
    place follow(std::size_t link, walk& known) const;

    bundle_limits limits_;
    std::vector<node> nodes_;
};

}  // namespace mote::functions::detail
