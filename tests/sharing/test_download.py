"""What is fetched from the web, and from nowhere else."""

import urllib.error
import urllib.request

import pytest

from notebook_seg.errors import CatalogueError
from notebook_seg.sharing.download import SafeRedirects, read_small


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:,a", "a"])
def test_only_addresses_of_the_web_are_asked(address):
    with pytest.raises(CatalogueError, match="begins with https:// or http://"):
        read_small(address, 100)


def test_an_encrypted_connection_is_not_left_for_one_that_is_not():
    asked = urllib.request.Request("https://museum.org/catalogue.json")

    with pytest.raises(urllib.error.URLError, match="redirected to 'http://museum"):
        SafeRedirects().redirect_request(asked, None, 302, "", {}, "http://museum.org/models")
    followed = SafeRedirects().redirect_request(asked, None, 302, "", {}, "https://b.org/models")
    assert followed.full_url == "https://b.org/models"
