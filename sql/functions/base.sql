-- Small functions that the others are made of (files here are applied in the order of their names).

CREATE OR REPLACE FUNCTION pick_lang(fa text, en text, lang text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN lang = 'en' AND coalesce(en, '') <> '' THEN en ELSE fa END $$;

CREATE OR REPLACE FUNCTION options_json(options jsonb, lang text) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('name', coalesce(o -> 'name' ->> lang, o -> 'name' ->> 'fa'),
                                                 'value', coalesce(o -> 'value' ->> lang, o -> 'value' ->> 'fa'))), '[]')
      FROM jsonb_array_elements(options) o $$;

CREATE OR REPLACE FUNCTION media_url(file text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT '/media/' || file $$;
