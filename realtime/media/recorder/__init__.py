"""The recorder: a process of its own that writes what the forwarding unit carries into files, without decoding it."""
