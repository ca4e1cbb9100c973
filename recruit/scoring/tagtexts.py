"""Lists of tags as the database prints them, `["kubernetes", "managed services"]`, to a column of tags."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recruit.scoring.columns import TagColumn


def read_tag_texts(texts: pa.Array | pa.ChunkedArray) -> TagColumn:
    """Return the tags of lists printed as JSON, one list a firm; null is an empty list."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.fill_null(texts, "[]")
    if pc.any(pc.match_substring(texts, "\\")).as_py():
        return TagColumn.from_values(json.loads(text) for text in texts.to_pylist())
    # Nothing is escaped, so the quotes are those around the tags.
    is_empty = pc.equal(texts, "[]")
    inside = pc.if_else(is_empty, "", pc.utf8_slice_codeunits(texts, 2, -2))
    lists = pc.split_pattern(inside, '", "')
    counts = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    empty = is_empty.to_numpy(zero_copy_only=False)
    flat = pc.list_flatten(lists)
    if empty.any():
        # Splitting nothing gives one empty part.
        kept = np.repeat(~empty, counts)
        flat, counts = flat.filter(pa.array(kept)), np.where(empty, 0, counts)
    return tag_column(flat, counts)


def read_tag_lists(lists: pa.ListArray | pa.ChunkedArray) -> TagColumn:
    """Return the tags of an Arrow column of lists of text; null is an empty list."""
    if isinstance(lists, pa.ChunkedArray):
        lists = lists.combine_chunks()
    counts = pc.fill_null(pc.list_value_length(lists), 0)
    return tag_column(pc.list_flatten(lists), counts.to_numpy(zero_copy_only=False))


def tag_column(flat: pa.Array, counts: np.ndarray) -> TagColumn:
    """Return the column of tags that stand one behind another, so many a firm."""
    coded = flat if pa.types.is_dictionary(flat.type) else flat.dictionary_encode()
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return TagColumn(tuple(coded.dictionary.to_pylist()), offsets, codes)
